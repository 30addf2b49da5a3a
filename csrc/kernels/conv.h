// The kernels of convolution, one pointer a line of conv.def, and what they work on. An image is
// read through offsets: its element for pixel i and summand p is image[pixels[i] + summands[p]].
#pragma once

#include <cstdint>

namespace lamina {

// A rectangle of an image with zeros where it lies outside, laid out for reading through offsets:
// element (c, z, y, x) is at c * channel + z * plane + y * row + x % phases * phase + x / phases.
struct PatchLayout {
  int64_t channel, plane, row, phase, phases;
};

// The copy of every step-th pixel of a rectangle: `size` of them from position `first` (which may
// be negative) of an image of contiguous `channels` of shape `from_size`. Dimensions are z, y, x.
template <class T>
struct PatchCopy {
  const T* from;
  int64_t channels;
  int64_t from_size[3], first[3], step[3], size[3];
  T* to;
  PatchLayout layout;
  bool zeros;
};

// out(channel c, pixel i) = bias[c] + sum over p < depth of weights[p * panel + c] * image(i, p),
// at out + c * out_channel + the pixel's place: out_pixels[i], or i where that is null.
// Pixels come in lines of `line`, which are adjacent in the image and `out_step` apart in the
// result. Where they are lanes there may be several runs of such sums, as far apart as said.
template <class T>
struct ConvBlock {
  int64_t pixels, channels, depth, line;
  const T* image;
  const int64_t* image_pixels;
  const int64_t* summands;
  const T*
      weights;  // for lanes of channels, with zeros from `channels` to whole vectors in `panel`
  int64_t panel;
  T* out;
  int64_t out_channel, out_step;
  const int64_t* out_pixels;
  const T* bias;  // or null
  int64_t runs, image_run, weights_run;
};

// c (m, panel) = a (m, k) b (k, panel), added to c if `adds`; a(i, p) is a[rows[i] + columns[p]].
template <class T>
struct GatheredProduct {
  int64_t m, k;
  const T* a;
  const int64_t* rows;
  const int64_t* columns;
  const T* b;
  int64_t panel;
  T* c;
  bool adds;
};

// sums(summand p, channel c) = sum over pixels i of image(i, p) grad(c, i), added to what is there
// if `adds`; pixels come in lines as in ConvBlock, and grad's channels are `grad_channel` apart.
// A sum is a vector of parts, one for each lane.
template <class T>
struct ConvDots {
  int64_t pixels, channels, depth, line;
  const T* image;
  const int64_t* image_pixels;
  const int64_t* summands;
  const T* grad;
  int64_t grad_channel;
  T* sums;  // channels are adjacent
  bool adds;
};

// A row of Winograd's tiles, each of tile x tile results of 3x3 taps. Its numbers lie in as many
// planes, a vector of channels a tile; pixels are vectors of channels too. Vectors are padded to
// whole ones of the kernels'.
template <class T>
struct WinogradRow {
  int64_t tile;  // 2 or 4
  int64_t tiles, channels;
  T* pixels;             // of the tiles' first line
  int64_t line, pixel;   // from line to line, from pixel to pixel
  int64_t width, first;  // pixels of a line; where the first tile begins, which may be negative
  const T* zeros;        // what a column outside reads
  T* planes;
  int64_t plane, plane_step;  // from plane to plane, from tile to tile
  const T* bias;              // of an output's channels, or null
};

// Filters of 3x3 taps, (depth, 9, panel), and the planes (depth, panel) of their transforms.
template <class T>
struct WinogradFilters {
  int64_t tile;
  int64_t depth, panel;
  T* taps;
  T* planes;
  int64_t plane;
  bool flipped;           // the taps in reverse
  int64_t pieces, piece;  // the summands of a gradient's planes, and from each to the next
};

// 16 for F(2x2, 3x3); of F(4x4, 3x3) 16 real ones, and three for each of ten complex numbers.
constexpr int64_t winograd_planes(int64_t tile) { return tile == 4 ? 46 : 16; }

// Bytes of the type that has tiles of 4x4; for the other their code is not worth its size.
constexpr int64_t kLargeTileItem = 4;

// Vectors of the widest panel that the kernels take.
constexpr int64_t kPanelVectors = 2;

template <class T>
struct ConvKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/conv.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

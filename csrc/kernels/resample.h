// The kernels of resampling images, one pointer a line of resample.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

// Element o of a line is the sum of weights[begin[o] + k] * x[first[o] + k]; elements are `inner`
// numbers side by side.
struct ResampleLine {
  int64_t inner;
  const int64_t* first;
  const int64_t* begin;  // one more than there are elements
  const double* weights;
};

enum class GridMode : uint8_t { kBilinear, kNearest, kBicubic };
enum class GridPadding : uint8_t { kZeros, kBorder, kReflection };

// Images of sizes z, y, x and the places to sample in them; the grid holds `axes` coordinates a
// place, x first.
struct GridSample {
  int64_t in[3];
  int64_t axes;
  int64_t places;  // of an image
  GridMode mode;
  GridPadding padding;
  bool align_corners;

  int64_t plane() const { return in[0] * in[1] * in[2]; }
};

// Pointers are those of the first channel and of place 0.
struct GridPart {
  int64_t channels;
  int64_t first, last;  // places
};

template <class T>
struct ResampleKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/resample.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

// The kernels of convolution: the copy of a padded patch, and sums over it with channels or pixels
// as lanes. Which of them runs, on what part of the images, is the driver's affair in ops.
#include "kernels/conv.h"

#include "kernels/isa/conv_gather.h"
#include "kernels/isa/conv_winograd.h"
#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/transpose.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

// ---- patches ----

template <class T>
LAMINA_INLINE void fill_zero(T* to, int64_t n) {
  constexpr int64_t kWidth = Vec<T>::width;
  for (int64_t i = 0; i < n; i += kWidth) Vec<T>(T(0)).store(to + i, least(kWidth, n - i));
}

template <class T>
LAMINA_INLINE void copy_line(T* to, const T* from, int64_t n) {
  constexpr int64_t kWidth = Vec<T>::width;
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) Vec<T>::load(from + i).store(to + i);
  if (i < n) Vec<T>::load(from + i, n - i).store(to + i, n - i);
}

// One line of a patch, of which [left, right) is in the image, from `from` on.
template <class T>
LAMINA_INLINE void copy_patch_line(const PatchCopy<T>& copy, T* to, const T* from, int64_t left,
                                   int64_t right) {
  const PatchLayout& layout = copy.layout;
  if (layout.phases == 1) {
    fill_zero(to, left);
    copy_line(to + left, from, right - left);
    fill_zero(to + right, copy.size[2] - right);
    return;
  }
  for (int64_t phase = 0; phase < layout.phases; ++phase, to += layout.phase) {
    int64_t i = 0;
    for (int64_t x = phase; x < copy.size[2]; x += layout.phases, ++i) {
      to[i] = x >= left && x < right ? from[x - left] : T(0);
    }
  }
}

template <class T>
void conv_patch(const PatchCopy<T>& copy) {
  const int64_t *first = copy.first, *size = copy.size, *whole = copy.from_size;
  const int64_t begin = first[2] > 0 ? first[2] : 0;
  const int64_t end = least(whole[2], first[2] + size[2]);
  const int64_t left = begin < end ? begin - first[2] : 0;
  const int64_t right = begin < end ? end - first[2] : 0;
  for (int64_t c = 0; c < copy.channels; ++c) {
    for (int64_t z = 0; z < size[0]; ++z) {
      const int64_t from_z = first[0] + z;
      for (int64_t y = 0; y < size[1]; ++y) {
        const int64_t from_y = first[1] + y;
        const bool inside = from_z >= 0 && from_z < whole[0] && from_y >= 0 && from_y < whole[1];
        const int64_t line = (c * whole[0] + from_z) * whole[1] + from_y;
        T* to = copy.to + c * copy.layout.channel + z * copy.layout.plane + y * copy.layout.row;
        if (inside)
          copy_patch_line(copy, to, copy.from + line * whole[2] + begin, left, right);
        else
          copy_patch_line(copy, to, copy.from, 0, 0);
      }
    }
  }
}

// ---- channels as lanes ----

constexpr int64_t kChunk = 4 * kMaxRows;  // pixels whose sums wait to be transposed

// Writes the sums of `n` pixels from i on, at most a vector's width, for channels [c, c + width).
template <class T>
LAMINA_INLINE void store_transposed(const ConvBlock<T>& block, int64_t i, int64_t n, int64_t c,
                                    const T* sums) {
  constexpr int kWidth = Vec<T>::width;
  Vec<T> square[kWidth];
  LAMINA_UNROLL for (int r = 0; r < kWidth; ++r) {
    if (r < n) square[r] = Vec<T>::load(sums + r * block.panel + c);
  }
  transpose<T>(square);
  T* out = block.out + c * block.out_channel;
  LAMINA_UNROLL for (int r = 0; r < kWidth; ++r) {
    if (c + r >= block.channels) continue;
    const Vec<T> value = block.bias != nullptr ? square[r] + Vec<T>(block.bias[c + r]) : square[r];
    T* to = out + r * block.out_channel;
    if (block.out_pixels == nullptr) {
      value.store(to + i, n);
    } else {
      T lanes[kWidth];
      value.store(lanes);
      for (int64_t lane = 0; lane < n; ++lane) to[block.out_pixels[i + lane]] = lanes[lane];
    }
  }
}

template <class T>
void conv_channels(const ConvBlock<T>& block) {
  constexpr int64_t kWidth = Vec<T>::width;
  alignas(64) T sums[kChunk * kPanelVectors * kWidth];
  for (int64_t i = 0; i < block.pixels; i += kChunk) {
    const int64_t count = least(kChunk, block.pixels - i);
    gathered_product<T>({count, block.depth, block.image, block.image_pixels + i, block.summands,
                         block.weights, block.panel, sums, false});
    for (int64_t j = 0; j < count; j += kWidth) {
      for (int64_t c = 0; c < block.channels; c += kWidth) {
        store_transposed(block, i + j, least(kWidth, count - j), c, sums + j * block.panel);
      }
    }
  }
}

// ---- pixels as lanes ----

template <class T>
struct OffsetRows {
  const T* first;
  const int64_t* offsets;
  LAMINA_INLINE const T* operator[](int64_t p) const { return first + offsets[p]; }
};

template <class T>
constexpr TileTable<T, OffsetRows<T>> kTiles;

// All channels of `columns` pixels of a line.
template <class T>
LAMINA_INLINE void multiply_pixels(const GemmBlock<T>& c, TileProduct<T, OffsetRows<T>>& product) {
  alignas(64) T sums[kMaxRows * kMaxVectors * Vec<T>::width];
  const int64_t vectors = (product.columns + Vec<T>::width - 1) / Vec<T>::width;
  const int64_t most = tile_rows(static_cast<int>(vectors));
  const int64_t tiles = (c.m + most - 1) / most;
  const T* weights = product.a;
  const bool plain = is_plain(c);
  for (int64_t tile = 0, i = 0; tile < tiles; ++tile) {
    const int64_t rows = c.m / tiles + (tile < c.m % tiles ? 1 : 0);
    product.a = weights + i;
    product.out = plain ? c.c + i * c.c_row : sums;
    product.out_row = plain ? c.c_row : kMaxVectors * Vec<T>::width;
    kTiles<T>.multiply(rows, product);
    if (!plain) finish(c, i, 0, rows, product.columns, sums, product.out_row);
    i += rows;
  }
  product.a = weights;
}

template <class T>
void conv_pixels(const ConvBlock<T>& block) {
  constexpr int64_t kMost = kMaxVectors * Vec<T>::width;
  TileProduct<T, OffsetRows<T>> product{};
  product.k = block.depth;
  product.a = block.weights;
  product.a_row = 1;
  product.a_col = block.panel;
  product.b.offsets = block.summands;
  GemmBlock<T> c{};
  c.m = block.channels;
  c.c_row = block.out_channel;
  c.c_col = block.out_step;
  c.epilogue.bias = block.bias;
  c.epilogue.bias_row_stride = 1;
  c.epilogue.bias_col_stride = 0;
  const int64_t parts = (block.line + kMost - 1) / kMost;
  for (int64_t i = 0; i < block.pixels; i += block.line) {
    const int64_t line = least(block.line, block.pixels - i);
    const T* image = block.image + block.image_pixels[i];
    T* out = block.out + (block.out_pixels != nullptr ? block.out_pixels[i] : i);
    for (int64_t part = 0, x = 0; part < parts && x < line; ++part) {
      product.columns = least(kMost, line - x);
      product.b.first = image + x;
      c.c = out + x * block.out_step;
      multiply_pixels(c, product);
      x += product.columns;
    }
  }
}

template <class T>
constexpr ConvKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/conv.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_conv(KernelTable& table) { table.conv_kernels = {&kKernels<float>, &kKernels<double>}; }

}  // namespace lamina::LAMINA_ISA_NS

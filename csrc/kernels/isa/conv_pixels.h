// Convolution with pixels of a line as the lanes of vectors.
#pragma once

#include "kernels/conv.h"
#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

template <class T>
struct OffsetRows {
  const T* first;
  const int64_t* offsets;
  LAMINA_INLINE const T* operator[](int64_t p) const { return first + offsets[p]; }
  template <int V>
  LAMINA_INLINE void fetch(int64_t) const {}
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

// One channel of L lines at once: a line alone would wait for its few sums.
template <class T, int L, int V>
LAMINA_INLINE void multiply_lines(const ConvBlock<T>& block, int64_t i, int64_t x,
                                  int64_t columns) {
  using Vector = Vec<T>;
  constexpr int64_t kLast = (V - 1) * Vector::width;
  const int64_t tail = columns - kLast;
  const T* image[L];
  Vector sum[L][V];
  LAMINA_UNROLL for (int l = 0; l < L; ++l) {
    image[l] = block.image + block.image_pixels[i + l * block.line] + x;
    LAMINA_UNROLL for (int v = 0; v < V; ++v) {
      sum[l][v] = Vector(block.bias != nullptr ? *block.bias : T(0));
    }
  }
  for (int64_t p = 0; p < block.depth; ++p) {
    const Vector factor(block.weights[p]);
    const int64_t at = block.summands[p];
    LAMINA_UNROLL for (int l = 0; l < L; ++l) {
      LAMINA_UNROLL for (int v = 0; v < V; ++v) {
        const T* from = image[l] + at + v * Vector::width;
        const Vector pixels = v < V - 1 ? Vector::load(from) : Vector::load(from, tail);
        sum[l][v] = fma(factor, pixels, sum[l][v]);
      }
    }
  }
  LAMINA_UNROLL for (int l = 0; l < L; ++l) {
    const int64_t first = i + l * block.line;
    T* out = block.out + (block.out_pixels != nullptr ? block.out_pixels[first] : first) +
             x * block.out_step;
    LAMINA_UNROLL for (int v = 0; v < V; ++v) {
      store_strided(sum[l][v], out + v * Vector::width * block.out_step, block.out_step,
                    v < V - 1 ? Vector::width : tail);
    }
  }
}

template <class T, int V>
void convolve_lines(const ConvBlock<T>& block, int64_t x, int64_t columns) {
  constexpr int kLines = V == 1 ? 8 : 4;
  int64_t i = 0;
  for (; i + kLines * block.line <= block.pixels; i += kLines * block.line) {
    multiply_lines<T, kLines, V>(block, i, x, columns);
  }
  for (; i < block.pixels; i += block.line) multiply_lines<T, 1, V>(block, i, x, columns);
}

// A single channel, line by line; lines are whole.
template <class T>
void convolve_single(const ConvBlock<T>& block) {
  constexpr int64_t kMost = 2 * Vec<T>::width;
  for (int64_t x = 0; x < block.line; x += kMost) {
    const int64_t columns = least(kMost, block.line - x);
    columns > Vec<T>::width ? convolve_lines<T, 2>(block, x, columns)
                            : convolve_lines<T, 1>(block, x, columns);
  }
}

template <class T>
void conv_pixels(const ConvBlock<T>& block) {
  if (block.channels == 1 && block.pixels % block.line == 0) return convolve_single(block);
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

}  // namespace lamina::LAMINA_ISA_NS

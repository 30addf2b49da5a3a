// The last step of a matrix product, from sums to C through the epilogue; sums are made elsewhere.
#pragma once

#include "kernels/gemm_block.h"
#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

LAMINA_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

template <class T>
LAMINA_INLINE Vec<T> load_strided(const T* from, int64_t stride, int64_t n) {
  if (stride == 1) return Vec<T>::load(from, n);
  if (stride == 0) return Vec<T>(*from);
  T lanes[Vec<T>::width] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = from[i * stride];
  return Vec<T>::load(lanes);
}

template <class T>
LAMINA_INLINE void store_strided(Vec<T> value, T* to, int64_t stride, int64_t n) {
  if (stride == 1) return value.store(to, n);
  T lanes[Vec<T>::width];
  value.store(lanes);
  for (int64_t i = 0; i < n; ++i) to[i * stride] = lanes[i];
}

// Whether C's elements are the sums themselves, so that tiles can be stored to it directly.
template <class T>
LAMINA_INLINE bool is_plain(const GemmBlock<T>& block) {
  const Epilogue<T>& e = block.epilogue;
  return e.alpha == T(1) && e.beta == T(0) && e.bias == nullptr &&
         e.activation == Activation::kNone && block.c_col == 1;
}

// Whether C is worth a prefetch before it is written. Narrow tiles are over before that arrives.
template <class T>
LAMINA_INLINE bool is_far(const GemmBlock<T>& block) {
  constexpr int64_t kFarBytes = 128 << 10;
  const int64_t bytes = block.m * block.c_row * static_cast<int64_t>(sizeof(T));
  return kMaxVectors >= 4 && bytes > kFarBytes && block.c_col == 1;
}

// Asks early for the part of C that a tile will be written to.
template <class T>
LAMINA_INLINE void prefetch(const GemmBlock<T>& block, int64_t i, int64_t j, int64_t rows,
                            int64_t columns) {
  for (int64_t end = i + rows; i < end; ++i) {
    const T* row = block.c + i * block.c_row + j * block.c_col;
    for (int64_t v = 0; v < columns; v += Vec<T>::width) {
      __builtin_prefetch(row + v * block.c_col, 1);
    }
  }
}

// Writes C's rows [i, i + rows) and columns [j, j + columns), whose sums are given.
template <class T>
void finish(const GemmBlock<T>& block, int64_t i, int64_t j, int64_t rows, int64_t columns,
            const T* sums, int64_t sums_row) {
  using Vector = Vec<T>;
  const Epilogue<T>& e = block.epilogue;
  for (int64_t end = i + rows; i < end; ++i, sums += sums_row) {
    for (int64_t v = 0; v < columns; v += Vector::width) {
      const int64_t n = least(columns - v, Vector::width);
      T* c = block.c + i * block.c_row + (j + v) * block.c_col;
      Vector value = Vector(e.alpha) * Vector::load(sums + v, n);
      if (e.beta != T(0)) value = fma(Vector(e.beta), load_strided(c, block.c_col, n), value);
      if (e.bias != nullptr) {
        const T* bias = e.bias + i * e.bias_row_stride + (j + v) * e.bias_col_stride;
        value += load_strided(bias, e.bias_col_stride, n);
      }
      if (e.activation == Activation::kRelu) {
        value = select(value < Vector(T(0)), Vector(T(0)), value);
      }
      store_strided(value, c, block.c_col, n);
    }
  }
}

}  // namespace lamina::LAMINA_ISA_NS

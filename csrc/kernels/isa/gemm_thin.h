// Products of a row or two with a wide matrix, at the speed of memory: B is read in whole rows.
#pragma once

#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

constexpr int64_t kThinRows = 2;
template <class T>
constexpr int64_t kThinChunk =
    8192 / static_cast<int64_t>(sizeof(T));  // columns whose sums wait for the epilogue
// Apart by no power of two: loads of a row's sums would wait for stores to the other's.
template <class T>
constexpr int64_t kThinPitch = kThinChunk<T> + 64;

// sums += R rows of A times K rows of B, both at a depth of p.
template <class T, int R, int K>
LAMINA_INLINE void add_thin_rows(const GemmBlock<T>& block, int64_t p, int64_t j, int64_t columns,
                                 T* sums) {
  using Vector = Vec<T>;
  Vector factor[R][K];
  LAMINA_UNROLL for (int i = 0; i < R; ++i) {
    LAMINA_UNROLL for (int q = 0; q < K; ++q) {
      factor[i][q] = Vector(block.a[i * block.a_row + (p + q) * block.a_col]);
    }
  }
  auto add = [&](int64_t v, auto load) __attribute__((always_inline)) {
    Vector sum[R];
    LAMINA_UNROLL for (int i = 0; i < R; ++i) sum[i] = Vector::load(sums + i * kThinPitch<T> + v);
    LAMINA_UNROLL for (int q = 0; q < K; ++q) {
      const Vector row = load(block.b + (p + q) * block.b_row + j + v);
      LAMINA_UNROLL for (int i = 0; i < R; ++i) sum[i] = fma(factor[i][q], row, sum[i]);
    }
    LAMINA_UNROLL for (int i = 0; i < R; ++i) sum[i].store(sums + i * kThinPitch<T> + v);
  };
  int64_t v = 0;
  for (; v + Vector::width <= columns; v += Vector::width) {
    add(v, [](const T* from) { return Vector::load(from); });
  }
  if (v < columns) add(v, [n = columns - v](const T* from) { return Vector::load(from, n); });
}

template <class T, int R>
void multiply_thin(const GemmBlock<T>& block) {
  constexpr int kDepth = 4;
  alignas(64) T sums[R * kThinPitch<T>];
  for (int64_t j = 0; j < block.n; j += kThinChunk<T>) {
    const int64_t columns = least(kThinChunk<T>, block.n - j);
    for (T& sum : sums) sum = 0;
    int64_t p = 0;
    for (; p + kDepth <= block.k; p += kDepth) {
      add_thin_rows<T, R, kDepth>(block, p, j, columns, sums);
    }
    for (; p < block.k; ++p) add_thin_rows<T, R, 1>(block, p, j, columns, sums);
    finish(block, 0, j, R, columns, sums, kThinPitch<T>);
  }
}

template <class T>
void gemm_thin(const GemmBlock<T>& block) {
  static_assert(kThinRows == 2);
  block.m == 1 ? multiply_thin<T, 1>(block) : multiply_thin<T, 2>(block);
}

}  // namespace lamina::LAMINA_ISA_NS

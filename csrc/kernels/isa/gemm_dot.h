// Matrix products by dot products, for a B whose columns are contiguous; tiles of rows are
// gemm_tile.h's.
#pragma once

#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/transpose.h"

namespace lamina::LAMINA_ISA_NS {

constexpr int kDotRows = kAccumulators == 24 ? 4 : 3;
constexpr int kDotColumns = 4;
constexpr int64_t kDotGroup = 16;         // columns that fill a vector of any width
constexpr int64_t kDotChunk = 64;         // columns whose sums wait for the epilogue
constexpr int64_t kDotBytes = 256 << 10;  // of columns that stay near while A passes by

// sums[i * kDotChunk + j] = row i of A times column j of B for i < R, j < N; a and b are theirs.
// The columns after them are asked for if they `are_new`.
template <class T, int R, int N>
LAMINA_INLINE void multiply_dots(const GemmBlock<T>& block, const T* a, const T* b, bool are_new,
                                 T* sums) {
  using Vector = Vec<T>;
  constexpr int kWidth = Vector::width;
  constexpr int kSums = (R * N + kWidth - 1) / kWidth * kWidth;
  const int64_t k = block.k, a_row = block.a_row, b_col = block.b_panel;
  Vector sum[kSums];
  LAMINA_UNROLL for (int i = 0; i < kSums; ++i) sum[i] = Vector(T(0));
  auto add = [&](int64_t p, auto load) __attribute__((always_inline)) {
    Vector rows[R];
    LAMINA_UNROLL for (int i = 0; i < R; ++i) rows[i] = load(a + i * a_row + p);
    LAMINA_UNROLL for (int j = 0; j < N; ++j) {
      const Vector column = load(b + j * b_col + p);
      if (are_new) __builtin_prefetch(b + (j + N) * b_col + p, 0, 2);
      LAMINA_UNROLL for (int i = 0; i < R; ++i) {
        sum[i * N + j] = fma(rows[i], column, sum[i * N + j]);
      }
    }
  };
  int64_t p = 0;
  for (; p + kWidth <= k; p += kWidth) add(p, [](const T* from) { return Vector::load(from); });
  if (p < k) add(p, [n = k - p](const T* from) { return Vector::load(from, n); });
  T total[kSums];
  LAMINA_UNROLL for (int i = 0; i < kSums; i += kWidth) sum_rows<T>(sum + i).store(total + i);
  for (int i = 0; i < R; ++i) {
    for (int j = 0; j < N; ++j) sums[i * kDotChunk + j] = total[i * N + j];
  }
}

template <class T, int R, int N = R == 1 ? 2 * kDotColumns : kDotColumns>
void multiply_dot_rows(const GemmBlock<T>& block, const T* a, const T* b, int64_t columns,
                       bool are_new, T* sums) {
  int64_t j = 0;
  for (; j + N <= columns; j += N) {
    multiply_dots<T, R, N>(block, a, b + j * block.b_panel, R > 1 && are_new, sums + j);
  }
  if constexpr (N > 1) {
    if (j == columns) return;
    multiply_dot_rows<T, R, N / 2>(block, a, b + j * block.b_panel, columns - j, are_new, sums + j);
  }
}

// As multiply_dot_rows, for `rows` <= kDotRows rows.
template <class T, int R = kDotRows>
LAMINA_INLINE void choose_dot_rows(int64_t rows, const GemmBlock<T>& block, const T* a, const T* b,
                                   int64_t columns, bool are_new, T* sums) {
  if constexpr (R > 1) {
    if (rows < R) return choose_dot_rows<T, R - 1>(rows, block, a, b, columns, are_new, sums);
  }
  multiply_dot_rows<T, R>(block, a, b, columns, are_new, sums);
}

template <class T>
void gemm_dot(const GemmBlock<T>& block) {
  alignas(64) T sums[kDotRows * kDotChunk];
  const int64_t bytes = (block.k + 1) * static_cast<int64_t>(sizeof(T));
  const int64_t groups = least(kDotBytes / bytes, kDotChunk) / kDotGroup;
  const int64_t chunk = groups < 1 ? kDotGroup : groups * kDotGroup;
  for (int64_t j = 0; j < block.n; j += chunk) {
    const int64_t columns = least(chunk, block.n - j);
    const T* b = block.b + j * block.b_panel;
    for (int64_t i = 0; i < block.m; i += kDotRows) {
      const int64_t rows = least(kDotRows, block.m - i);
      choose_dot_rows(rows, block, block.a + i * block.a_row, b, columns, i == 0, sums);
      finish(block, i, j, rows, columns, sums, kDotChunk);
    }
  }
}

}  // namespace lamina::LAMINA_ISA_NS

// Copies a matrix of any strides to adjacent columns; a transpose goes through registers.
#pragma once

#include "kernels/isa/transpose.h"

namespace lamina::LAMINA_ISA_NS {

// to[i * to_row + j] = from[j * from_row + i] for i < rows, j < cols, each at most a vector's
// width.
template <class T, bool kWhole>
LAMINA_INLINE void transpose_square(int64_t rows, int64_t cols, const T* from, int64_t from_row,
                                    T* to, int64_t to_row) {
  constexpr int kWidth = Vec<T>::width;
  Vec<T> square[kWidth];
  LAMINA_UNROLL for (int j = 0; j < kWidth; ++j) {
    if (kWhole)
      square[j] = Vec<T>::load(from + j * from_row);
    else if (j < cols)
      square[j] = Vec<T>::load(from + j * from_row, rows);
  }
  transpose<T>(square);
  LAMINA_UNROLL for (int i = 0; i < kWidth; ++i) {
    if (kWhole)
      square[i].store(to + i * to_row);
    else if (i < rows)
      square[i].store(to + i * to_row, cols);
  }
}

template <class T>
void copy_transposed(int64_t rows, int64_t cols, const T* from, int64_t from_row, T* to,
                     int64_t to_row) {
  constexpr int64_t kWidth = Vec<T>::width;
  for (int64_t j = 0; j < cols; j += kWidth) {
    const int64_t n = cols - j < kWidth ? cols - j : kWidth;
    for (int64_t i = 0; i < rows; i += kWidth) {
      const int64_t m = rows - i < kWidth ? rows - i : kWidth;
      const T* source = from + j * from_row + i;
      if (m == kWidth && n == kWidth) {
        transpose_square<T, true>(m, n, source, from_row, to + i * to_row + j, to_row);
      } else {
        transpose_square<T, false>(m, n, source, from_row, to + i * to_row + j, to_row);
      }
    }
  }
}

template <class T>
void copy_rows(int64_t rows, int64_t cols, const T* from, int64_t from_row, T* to, int64_t to_row) {
  constexpr int64_t kWidth = Vec<T>::width;
  for (int64_t i = 0; i < rows; ++i, from += from_row, to += to_row) {
    int64_t j = 0;
    for (; j + kWidth <= cols; j += kWidth) Vec<T>::load(from + j).store(to + j);
    if (j < cols) Vec<T>::load(from + j, cols - j).store(to + j, cols - j);
  }
}

// A square of vectors is too much machinery for this many elements.
constexpr int64_t kFewElements = 32;

template <class T>
void copy_matrix(int64_t rows, int64_t cols, const T* from, int64_t row_stride, int64_t col_stride,
                 T* to, int64_t to_row) {
  if (col_stride == 1) return copy_rows(rows, cols, from, row_stride, to, to_row);
  if (row_stride == 1 && rows * cols > kFewElements) {
    return copy_transposed(rows, cols, from, col_stride, to, to_row);
  }
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < cols; ++j) to[i * to_row + j] = from[i * row_stride + j * col_stride];
  }
}

}  // namespace lamina::LAMINA_ISA_NS

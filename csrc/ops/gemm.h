// Products of matrices in plain memory, whatever their strides; tensors and gradients are matmul's.
// The bits of C depend on shapes, strides and values alone, never on threads or alignment.
#pragma once

#include <cstdint>

#include "kernels/gemm_block.h"

namespace lamina {

// Element (i, j) is data[i * row_stride + j * col_stride]; a stride may be 0.
template <class T>
struct MatrixView {
  const T* data;
  int64_t row_stride, col_stride;
};

// A right operand that is not in memory as a matrix, such as the patches of an image: the driver
// asks for its parts, from any thread.
template <class T>
class MatrixSource {
 public:
  virtual ~MatrixSource() = default;
  // to[i * to_row + j] = element (row + i, col + j) for i < rows, j < cols.
  virtual void copy(int64_t row, int64_t col, int64_t rows, int64_t cols, T* to,
                    int64_t to_row) const = 0;
};

// C (m, n) = activation(alpha * A (m, k) B (k, n) + beta * C + bias). C has adjacent columns, rows
// ldc >= n apart, and overlaps no operand. With k = 0 the product is zero.
template <class T>
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T* c, int64_t ldc,
          const Epilogue<T>& epilogue = {});

template <class T>
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<T> a, const MatrixSource<T>& b, T* c,
          int64_t ldc, const Epilogue<T>& epilogue = {});

// `batch` such products, each operand its batch stride after the one before; the bias is shared.
template <class T>
void gemm_batched(int64_t batch, int64_t m, int64_t n, int64_t k, MatrixView<T> a,
                  int64_t a_batch_stride, MatrixView<T> b, int64_t b_batch_stride, T* c,
                  int64_t ldc, int64_t c_batch_stride, const Epilogue<T>& epilogue = {});

}  // namespace lamina

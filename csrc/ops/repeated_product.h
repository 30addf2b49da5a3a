// Products that share their right operand, which is arranged for them once; single products are
// gemm.h's.
#pragma once

#include "core/parallel.h"
#include "core/scratch.h"
#include "ops/gemm_product.h"

namespace lamina {

// B (k, n) in panels, and where they are.
template <class T>
struct Panels {
  int64_t k, n, columns;

  Panels(int64_t depth, int64_t width)
      : k(depth), n(width), columns(panel_columns(width, gemm_kernels<T>().gemm_tiles)) {}
  int64_t count() const { return n == 0 ? 0 : ceil_div(n, columns); }
  int64_t elements() const { return count() * columns * k; }

  void copy(MatrixView<T> b, T* to) const {
    parallel_for(count(), grain(kThreadedCopy, columns * k), [=, *this](int64_t i, int64_t end) {
      for (int64_t j = i * columns; i < end; ++i, j += columns)
        gemm_kernels<T>().copy_matrix(k, std::min(columns, n - j), b.data + j * b.col_stride,
                                      b.row_stride, b.col_stride, to + j * k, columns);
    });
  }
};

// C = epilogue(A B) for the same B (k, n) and many A (m, k). Each element sums over k in order, so
// a row of C has the same bits whatever rows are beside it. Without panels B is read where it is,
// and the driver of single products decides about the sums.
template <class T>
class RepeatedProduct {
 public:
  RepeatedProduct(int64_t k, int64_t n, MatrixView<T> b, const T* panels)
      : layout_(k, n), b_(b), panels_(panels) {}

  void multiply(int64_t m, const T* a, int64_t a_row, T* c, int64_t c_row,
                const Epilogue<T>& epilogue = {}) const {
    const auto [k, n, columns] = layout_;
    if (panels_ == nullptr) return gemm(m, n, k, {a, a_row, 1}, b_, c, c_row, epilogue);
    const FloatKernels<T>& kernels = gemm_kernels<T>();
    const GemmBlock<T> block{m,       n,           k,       a, a_row, 1, panels_,
                             columns, columns * k, columns, c, c_row, 1, epilogue};
    const int64_t rows = tile_rows(columns, kernels.gemm_tiles);
    const int64_t heights = ceil_div(m, rows), tasks = heights * layout_.count();
    parallel_for(tasks, grain(kWorthwhile, std::min(m, rows) * columns * k),
                 [&, width = columns](int64_t task, int64_t end) {
                   if (end - task == tasks) return kernels.gemm_block(block);
                   while (task < end) {
                     const int64_t top = task % heights;
                     const int64_t count = std::min(heights - top, end - task);
                     kernels.gemm_block(
                         part_of(block, top * rows, count * rows, task / heights * width, width));
                     task += count;
                   }
                 });
  }

 private:
  static constexpr int64_t kWorthwhile = int64_t{1} << 20;  // multiplications, for each thread

  Panels<T> layout_;
  MatrixView<T> b_;
  const T* panels_;
};

}  // namespace lamina

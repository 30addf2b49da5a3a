// Products that share their right operand, which is arranged for them once; single products are
// gemm.h's.
#pragma once

#include "core/parallel.h"
#include "core/scratch.h"
#include "ops/gemm_product.h"

namespace lamina {

// C = epilogue(A B) for the same B (k, n) and many A (m, k). Each element sums over k in order, so
// a row of C has the same bits whatever rows are beside it. If B is to be used but once it is read
// where it is, and the driver of single products decides about the sums.
template <class T>
class RepeatedProduct {
 public:
  RepeatedProduct(int64_t k, int64_t n, MatrixView<T> b, bool once)
      : k_(k), n_(n), b_(b), panel_(panel_columns(n, gemm_kernels<T>().gemm_tiles)) {
    if (!once && n > 0) copy_panels();
  }

  void multiply(int64_t m, const T* a, int64_t a_row, T* c, int64_t c_row,
                const Epilogue<T>& epilogue = {}) const {
    if (panels_.data() == nullptr) return gemm(m, n_, k_, {a, a_row, 1}, b_, c, c_row, epilogue);
    const FloatKernels<T>& kernels = gemm_kernels<T>();
    const GemmBlock<T> block{m,      n_,          k_,     a, a_row, 1, panels_.data(),
                             panel_, panel_ * k_, panel_, c, c_row, 1, epilogue};
    const int64_t rows = tile_rows(panel_, kernels.gemm_tiles);
    const int64_t heights = ceil_div(m, rows);
    parallel_for(heights * ceil_div(n_, panel_),
                 grain(kWorthwhile, std::min(m, rows) * panel_ * k_),
                 [&](int64_t task, int64_t end) {
                   while (task < end) {
                     const int64_t top = task % heights;
                     const int64_t count = std::min(heights - top, end - task);
                     kernels.gemm_block(
                         part_of(block, top * rows, count * rows, task / heights * panel_, panel_));
                     task += count;
                   }
                 });
  }

 private:
  static constexpr int64_t kWorthwhile = int64_t{1} << 20;  // multiplications, for each thread

  void copy_panels() {
    const int64_t count = ceil_div(n_, panel_);
    T* to = panels_.reserve(count * panel_ * k_);
    parallel_for(count, grain(kThreadedCopy, panel_ * k_), [=, this](int64_t i, int64_t end) {
      for (int64_t j = i * panel_; i < end; ++i, j += panel_)
        gemm_kernels<T>().copy_matrix(k_, std::min(panel_, n_ - j), b_.data + j * b_.col_stride,
                                      b_.row_stride, b_.col_stride, to + j * k_, panel_);
    });
  }

  int64_t k_, n_;
  MatrixView<T> b_;
  int64_t panel_;
  Scratch<T> panels_;
};

}  // namespace lamina

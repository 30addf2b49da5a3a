// Chooses, by the shape and strides alone, how a matrix product is made; blocks are
// gemm_blocks.cpp's.
#include "ops/gemm.h"

#include "core/parallel.h"
#include "core/scratch.h"
#include "ops/gemm_product.h"

namespace lamina {
namespace {

constexpr int64_t kSmallWork = 32 * 32 * 32;  // multiplications that are not worth cutting
constexpr int64_t kLongDepth = 512;           // of a piece of a long, thin product
constexpr int64_t kManyTiles = 32;            // enough for any number of threads: no pieces

// C^T = B^T A^T.
template <class T>
Product<T> transposed(const Product<T>& p) {
  Product<T> t = p;
  std::swap(t.m, t.n);
  t.a = {p.b.data, p.b.col_stride, p.b.row_stride};
  t.b = {p.a.data, p.a.col_stride, p.a.row_stride};
  std::swap(t.c_row, t.c_col);
  std::swap(t.epilogue.bias_row_stride, t.epilogue.bias_col_stride);
  return t;
}

template <class T>
void multiply_small(const Product<T>& p) {
  const FloatKernels<T>& kernels = gemm_kernels<T>();
  GemmBlock<T> block = whole_block(p);
  block.panel = block.b_panel = panel_columns(p.n, kernels.gemm_tiles);
  Scratch<T> copy;
  if (p.b.col_stride != 1) {
    kernels.copy_matrix(p.k, p.n, p.b.data, p.b.row_stride, p.b.col_stride, copy.reserve(p.k * p.n),
                        p.n);
    block.b = copy.data();
    block.b_row = p.n;
  }
  kernels.gemm_block(block);
}

// Over threads by columns, `kStep` of them a task. With few rows it is B that takes the time.
template <int64_t kStep, class T>
void multiply_columns(const GemmBlock<T>& block, void (*kernel)(const GemmBlock<T>&)) {
  if (block.n <= kStep) return kernel(block);
  const int64_t reads = block.k * kStep;
  parallel_for(ceil_div(block.n, kStep),
               std::min(grain(kThreadedReads, reads), grain(kThreadedWork, block.m * reads)),
               [&](int64_t begin, int64_t end) {
                 const int64_t j = begin * kStep;
                 kernel(part_of(block, 0, block.m, j, end * kStep - j));
               });
}

// Whether dot products beat copying B into panels, in multiplications: the former lose some to
// summing the lanes of each result, the latter to the copy and to columns that are not there.
template <class T>
bool prefers_dots(const Product<T>& p) {
  if (p.source != nullptr || p.b.row_stride != 1 || p.b.col_stride == 1) return false;
  if (p.m == 1) return true;
  const int64_t width = gemm_kernels<T>().gemm_tiles.width;
  const int64_t columns = (p.n + width - 1) & -width;
  const int64_t by_dots = p.m * p.n * (p.k + 4 * width);
  const int64_t by_panels = p.k * (p.m * columns + 8 * p.n);
  return by_dots < by_panels;
}

template <class T>
void multiply_by_dots(const Product<T>& p) {
  const FloatKernels<T>& kernels = gemm_kernels<T>();
  GemmBlock<T> block = whole_block(p);
  Scratch<T> copy;
  if (block.a_col != 1) {
    kernels.copy_matrix(p.m, p.k, block.a, block.a_row, block.a_col, copy.reserve(p.m * p.k), p.k);
    block.a = copy.data();
    block.a_row = p.k;
  }
  multiply_columns<16>(block, kernels.gemm_dot);
}

template <class T>
bool is_thin(const Product<T>& p) {
  const GemmTiles& tiles = gemm_kernels<T>().gemm_tiles;
  return p.m <= tiles.thin_rows && p.has_adjacent_columns() && p.n > tiles.vectors * tiles.width;
}

template <class T>
void multiply_whole(const Product<T>& p) {
  if (prefers_dots(p)) return multiply_by_dots(p);
  if (is_thin(p)) return multiply_columns<64>(whole_block(p), gemm_kernels<T>().gemm_thin);
  if (p.source == nullptr && p.m * p.n * p.k <= kSmallWork) return multiply_small(p);
  multiply_in_blocks(p);
}

// How many parts along k a product with few tiles is cut into: with one, few threads had work.
template <class T>
int64_t count_pieces(const Product<T>& p) {
  if (p.k < 2 * kLongDepth) return 1;
  const GemmTiles& tiles = gemm_kernels<T>().gemm_tiles;
  const int64_t panel = panel_columns(p.n, tiles);
  const int64_t count = ceil_div(p.n, panel) * ceil_div(p.m, tile_rows(panel, tiles));
  return std::min(kManyTiles / count, p.k / kLongDepth);
}

// The parts' sums are kept apart and added in their order.
template <class T>
void multiply_in_pieces(const Product<T>& p, int64_t pieces) {
  Scratch<T> sums(pieces * p.m * p.n);
  parallel_for(pieces, grain(kThreadedWork, p.m * p.n * (p.k / pieces)),
               [&](int64_t begin, int64_t end) {
                 for (; begin < end; ++begin) {
                   const int64_t q = p.k * begin / pieces;
                   Product<T> piece = p;
                   piece.k = p.k * (begin + 1) / pieces - q;
                   piece.a.data += q * p.a.col_stride;
                   piece.b.data += q * p.b.row_stride;
                   piece.source_row += q;
                   piece.c = sums.data() + begin * p.m * p.n;
                   piece.c_row = p.n;
                   piece.c_col = 1;
                   piece.epilogue = {};
                   multiply_whole(piece);
                 }
               });
  gemm_kernels<T>().gemm_combine(sums.data(), pieces, whole_block(p));
}

template <class T>
void multiply(const Product<T>& p) {
  if (p.m == 0 || p.n == 0) return;
  const int64_t pieces = count_pieces(p);
  pieces > 1 ? multiply_in_pieces(p, pieces) : multiply_whole(p);
}

}  // namespace

template <class T>
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T* c, int64_t ldc,
          const Epilogue<T>& epilogue) {
  const Product<T> p{m, n, k, a, b, nullptr, 0, c, ldc, 1, epilogue};
  n == 1 ? multiply(transposed(p)) : multiply(p);
}

template <class T>
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<T> a, const MatrixSource<T>& b, T* c,
          int64_t ldc, const Epilogue<T>& epilogue) {
  multiply(Product<T>{m, n, k, a, {}, &b, 0, c, ldc, 1, epilogue});
}

template <class T>
void gemm_batched(int64_t batch, int64_t m, int64_t n, int64_t k, MatrixView<T> a,
                  int64_t a_batch_stride, MatrixView<T> b, int64_t b_batch_stride, T* c,
                  int64_t ldc, int64_t c_batch_stride, const Epilogue<T>& epilogue) {
  const bool is_one_product = b_batch_stride == 0 && a_batch_stride == m * a.row_stride &&
                              c_batch_stride == m * ldc && epilogue.bias_row_stride == 0;
  if (is_one_product) return gemm(batch * m, n, k, a, b, c, ldc, epilogue);
  auto multiply_some = [&](int64_t begin, int64_t end) {
    for (; begin < end; ++begin) {
      gemm(m, n, k, {a.data + begin * a_batch_stride, a.row_stride, a.col_stride},
           {b.data + begin * b_batch_stride, b.row_stride, b.col_stride},
           c + begin * c_batch_stride, ldc, epilogue);
    }
  };
  // Few large products share the threads one after the other.
  if (batch < num_threads() && m * n * k > kThreadedWork) return multiply_some(0, batch);
  parallel_for(batch, grain(kThreadedWork, m * n * k), multiply_some);
}

#define LAMINA_GEMM(T)                                                                     \
  template void gemm(int64_t, int64_t, int64_t, MatrixView<T>, MatrixView<T>, T*, int64_t, \
                     const Epilogue<T>&);                                                  \
  template void gemm(int64_t, int64_t, int64_t, MatrixView<T>, const MatrixSource<T>&, T*, \
                     int64_t, const Epilogue<T>&);                                         \
  template void gemm_batched(int64_t, int64_t, int64_t, int64_t, MatrixView<T>, int64_t,   \
                             MatrixView<T>, int64_t, T*, int64_t, int64_t, const Epilogue<T>&);
LAMINA_GEMM(float)
LAMINA_GEMM(double)
#undef LAMINA_GEMM

}  // namespace lamina

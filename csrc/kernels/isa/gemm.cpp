// The kernels of matrix products, which cover blocks of C with tiles; what the blocks are, and
// threads, are the driver's affair in ops.
#include "kernels/isa/copy_matrix.h"
#include "kernels/isa/gemm_dot.h"
#include "kernels/isa/gemm_thin.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

template <class T>
constexpr TileTable<T, EvenRows<T>> kTiles;

// Rows [i, i + rows) of C times one panel, the columns from j on.
template <class T>
LAMINA_INLINE void multiply_panel_rows(const GemmBlock<T>& block, int64_t i, int64_t rows,
                                       int64_t j, TileProduct<T, EvenRows<T>>& product) {
  const bool is_read = block.epilogue.beta != T(0);
  if (is_read || is_far(block)) prefetch(block, i, j, rows, product.columns);
  if (is_plain(block)) {
    product.out = block.c + i * block.c_row + j;
    product.out_row = block.c_row;
    kTiles<T>.multiply(rows, product);
    return;
  }
  alignas(64) T sums[kMaxRows * kMaxVectors * Vec<T>::width];
  product.out = sums;
  product.out_row = kMaxVectors * Vec<T>::width;
  kTiles<T>.multiply(rows, product);
  finish(block, i, j, rows, product.columns, sums, product.out_row);
}

// Tiles of nearly equal height, since a low one would wait for its few sums; each passes by all
// panels.
template <class T>
void gemm_block(const GemmBlock<T>& block) {
  TileProduct<T, EvenRows<T>> product{};
  product.k = block.k;
  product.a_row = block.a_row;
  product.a_col = block.a_col;
  const int64_t vectors = (least(block.panel, block.n) + Vec<T>::width - 1) / Vec<T>::width;
  const int64_t most = tile_rows(static_cast<int>(vectors));
  const int64_t tiles = (block.m + most - 1) / most;
  for (int64_t tile = 0, i = 0; tile < tiles; ++tile) {
    const int64_t rows = (block.m - i) / (tiles - tile);
    product.a = block.a + i * block.a_row;
    product.b = {block.b, block.b_row, tile == 0 && block.b_row > block.panel};
    for (int64_t j = 0; j < block.n; j += block.panel, product.b.first += block.b_panel) {
      product.columns = least(block.panel, block.n - j);
      multiply_panel_rows(block, i, rows, j, product);
    }
    i += rows;
  }
}

template <class T>
void gemm_combine(const T* partial, int64_t pieces, const GemmBlock<T>& block) {
  using Vector = Vec<T>;
  T sums[Vector::width];
  for (int64_t i = 0; i < block.m; ++i) {
    for (int64_t j = 0; j < block.n; j += Vector::width) {
      const int64_t n = least(Vector::width, block.n - j);
      Vector sum(T(0));
      for (int64_t piece = 0; piece < pieces; ++piece) {
        sum += Vector::load(partial + (piece * block.m + i) * block.n + j, n);
      }
      sum.store(sums);
      finish(block, i, j, 1, n, sums, 0);
    }
  }
}

// Wide tiles take several cache lines of each row of B, so that reading it in place suits them.
template <class T>
constexpr GemmTiles kShape = {
    .width = Vec<T>::width,
    .vectors = kMaxVectors,
    .accumulators = kAccumulators,
    .rows = kMaxRows,
    .thin_rows = kThinRows,
    .near_bytes = kMaxVectors >= 4 ? 1 << 20 : 128 << 10,
    .few_lines = kMaxVectors >= 4 ? 256 : 128,
};

template <class T>
void fill(FloatKernels<T>& table) {
#define FLOAT_KERNEL(name, args) table.name = &name<T>;
#define NUMBER_KERNEL(name, args)
#include "kernels/gemm.def"
#undef FLOAT_KERNEL
#undef NUMBER_KERNEL
  table.gemm_tiles = kShape<T>;
}

}  // namespace

void fill_gemm(KernelTable& table) {
  fill(table.f32);
  fill(table.f64);
}

}  // namespace lamina::LAMINA_ISA_NS

// The blocking of matrix products: loops over the blocks, operands copied where in place they would
// be slow, and tiles spread over threads. Which products come here is decided in gemm.cpp.
#include "core/parallel.h"
#include "core/scratch.h"
#include "ops/gemm_product.h"

namespace lamina {
namespace {

constexpr int64_t kBandBytes = 128 << 10;  // of A, to stay in the cache while B's panels pass by
constexpr int64_t kDirectDepth = 1024;     // of a block that reads B in place
constexpr int64_t kCopiedDepth = 512;      // of a block that copies it
constexpr int64_t kCopiedBytes = 4 << 20;  // of an operand, copied at a time

// How a product is cut into blocks, and which operands are copied for them.
struct Blocking {
  int64_t panel, rows, columns, depth;
  bool copies_a, copies_b;
};

template <class T>
Blocking choose_blocking(const Product<T>& p) {
  constexpr int64_t kSize = sizeof(T);
  Blocking cut{};
  const GemmTiles& tiles = gemm_kernels<T>().gemm_tiles;
  cut.panel = panel_columns(p.n, tiles);
  cut.copies_a =
      p.a.col_stride != 1 && p.m * p.k * kSize > tiles.near_bytes && p.n > tiles.few_lines;
  cut.copies_b =
      !p.has_adjacent_columns() || (p.k * p.n * kSize > tiles.near_bytes && p.m > tiles.few_lines);
  const int64_t most_depth = cut.copies_b ? kCopiedDepth : kDirectDepth;
  cut.depth =
      p.k <= most_depth ? std::max<int64_t>(p.k, 1) : ceil_div(p.k, ceil_div(p.k, most_depth));
  const int64_t most = std::max(kCopiedBytes / (cut.depth * kSize), cut.panel);
  cut.rows = cut.copies_a ? std::min(p.m, most) : p.m;
  cut.columns = cut.copies_b && p.n > most ? most / cut.panel * cut.panel : p.n;
  return cut;
}

// The block at row i, column j and depth q, its operands in place. Sums go to C in the order of q,
// with the bias first and the activation last.
template <class T>
GemmBlock<T> cut_block(const Product<T>& p, const Blocking& cut, int64_t i, int64_t j, int64_t q) {
  GemmBlock<T> block = part_of(whole_block(p), i, cut.rows, j, cut.columns);
  block.k = std::min(cut.depth, p.k - q);
  block.a += q * p.a.col_stride;
  block.b += q * p.b.row_stride;
  block.b_panel = block.panel = cut.panel;
  if (q > 0) {
    block.epilogue.beta = 1;
    block.epilogue.bias = nullptr;
  }
  if (q + block.k < p.k) block.epilogue.activation = Activation::kNone;
  return block;
}

// Makes the block's rows of A adjacent in memory.
template <class T>
void copy_a(GemmBlock<T>& block, T* to) {
  constexpr int64_t kRows = 64;
  const GemmBlock<T> from = block;
  const int64_t k = block.k;
  parallel_for(ceil_div(block.m, kRows), grain(kThreadedCopy, kRows * k),
               [&](int64_t begin, int64_t end) {
                 const int64_t i = begin * kRows, rows = std::min(end * kRows, from.m) - i;
                 gemm_kernels<T>().copy_matrix(rows, k, from.a + i * from.a_row, from.a_row,
                                               from.a_col, to + i * k, k);
               });
  block.a = to;
  block.a_row = k;
  block.a_col = 1;
}

// Brings the block's part of B, from row q and column j of B on, into panels.
template <class T>
void copy_b(const Product<T>& p, int64_t q, int64_t j, GemmBlock<T>& block, T* to) {
  const int64_t panel = block.panel, k = block.k, n = block.n;
  const T* from = block.b;
  parallel_for(
      ceil_div(n, panel), grain(kThreadedCopy, panel * k), [&](int64_t begin, int64_t end) {
        for (int64_t v = begin * panel; v < std::min(end * panel, n); v += panel) {
          const int64_t columns = std::min(panel, n - v);
          if (p.source != nullptr) {
            p.source->copy(p.source_row + q, j + v, k, columns, to + v * k, panel);
          } else {
            gemm_kernels<T>().copy_matrix(k, columns, from + v * p.b.col_stride, p.b.row_stride,
                                          p.b.col_stride, to + v * k, panel);
          }
        }
      });
  block.b = to;
  block.b_row = panel;
  block.b_panel = panel * k;
}

// The block's tiles, over all threads: rows in bands whose part of A stays in the cache, within a
// band panel by panel. A task is one tile's rows of one panel.
template <class T>
void multiply_block(const GemmBlock<T>& block) {
  const FloatKernels<T>& kernels = gemm_kernels<T>();
  const int64_t panel = block.panel;
  const int64_t rows = tile_rows(panel, kernels.gemm_tiles);
  const int64_t heights = ceil_div(block.m, rows), panels = ceil_div(block.n, panel);
  const int64_t tile_bytes = std::max<int64_t>(rows * block.k, 1) * static_cast<int64_t>(sizeof(T));
  const int64_t band = std::max<int64_t>(kBandBytes / tile_bytes, 1);
  auto multiply = [&](int64_t task, int64_t end) {
    while (task < end) {
      const int64_t first = task / (band * panels) * band, high = std::min(band, heights - first);
      const int64_t place = task - first * panels, top = place % high;
      const int64_t count = std::min(high - top, end - task);
      kernels.gemm_block(
          part_of(block, (first + top) * rows, count * rows, place / high * panel, panel));
      task += count;
    }
  };
  parallel_for(heights * panels, grain(kThreadedWork, rows * panel * block.k), multiply);
}

}  // namespace

template <class T>
void multiply_in_blocks(const Product<T>& p) {
  const Blocking cut = choose_blocking(p);
  Scratch<T> a_copy, b_copy;
  if (cut.copies_a) a_copy.reserve(cut.rows * cut.depth);
  if (cut.copies_b) b_copy.reserve(ceil_div(cut.columns, cut.panel) * cut.panel * cut.depth);
  for (int64_t i = 0; i < p.m; i += cut.rows) {
    for (int64_t j = 0; j < p.n; j += cut.columns) {
      for (int64_t q = 0; q == 0 || q < p.k; q += cut.depth) {
        GemmBlock<T> block = cut_block(p, cut, i, j, q);
        if (cut.copies_a) copy_a(block, a_copy.data());
        if (cut.copies_b) copy_b(p, q, j, block, b_copy.data());
        multiply_block(block);
      }
    }
  }
}

template void multiply_in_blocks(const Product<float>&);
template void multiply_in_blocks(const Product<double>&);

}  // namespace lamina

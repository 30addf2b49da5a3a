// The blocking of matrix products: loops over the blocks, operands copied where in place they would
// be slow, and tiles spread over threads. Which products come here is decided in gemm.cpp.
#include "core/parallel.h"
#include "core/scratch.h"
#include "ops/gemm_product.h"

namespace lamina {
namespace {

constexpr int64_t kDirectDepth = 1024;     // of a block that reads B in place
constexpr int64_t kCopiedDepth = 512;      // of a block that copies it, a panel at a time
constexpr int64_t kCopiedBytes = 4 << 20;  // of A, copied at a time
constexpr int64_t kStripBytes = 9 << 10;   // of B, beside a tile's rows of A in the first cache
constexpr int64_t kCopiedRows = 64;        // of A, copied by a task

// How a product is cut into blocks, and which operands are copied for them.
struct Blocking {
  int64_t panel, rows, depth;
  bool copies_a, copies_b;
};

template <class T>
Blocking choose_blocking(const Product<T>& p) {
  constexpr int64_t kSize = sizeof(T);
  const GemmTiles& tiles = gemm_kernels<T>().gemm_tiles;
  Blocking cut{};
  cut.panel = panel_columns(p.n, tiles);
  cut.copies_a =
      p.a.col_stride != 1 && p.m * p.k * kSize > tiles.near_bytes && p.n > tiles.few_lines;
  cut.copies_b =
      !p.has_adjacent_columns() || (p.k * p.n * kSize > tiles.near_bytes && p.m > tiles.few_lines);
  const int64_t most = cut.copies_b ? kCopiedDepth : kDirectDepth;
  cut.depth = p.k <= most ? std::max<int64_t>(p.k, 1) : ceil_div(p.k, ceil_div(p.k, most));
  cut.rows = cut.copies_a ? std::min(p.m, kCopiedBytes / (cut.depth * kSize)) : p.m;
  return cut;
}

// The block at row i and depth q, its operands in place. Sums go to C in the order of q, with the
// bias first and the activation last.
template <class T>
GemmBlock<T> cut_block(const Product<T>& p, const Blocking& cut, int64_t i, int64_t q) {
  GemmBlock<T> block = part_of(whole_block(p), i, cut.rows, 0, p.n);
  block.k = std::min(cut.depth, p.k - q);
  block.a += q * p.a.col_stride;
  block.b += q * p.b.row_stride;
  block.b_panel = cut.panel * p.b.col_stride;
  block.panel = cut.panel;
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
  const GemmBlock<T> from = block;
  const int64_t k = block.k;
  parallel_for(ceil_div(block.m, kCopiedRows), grain(kThreadedCopy, kCopiedRows * k),
               [&](int64_t begin, int64_t end) {
                 const int64_t i = begin * kCopiedRows;
                 const int64_t rows = std::min(end * kCopiedRows, from.m) - i;
                 gemm_kernels<T>().copy_matrix(rows, k, from.a + i * from.a_row, from.a_row,
                                               from.a_col, to + i * k, k);
               });
  block.a = to;
  block.a_row = k;
  block.a_col = 1;
}

// Makes the columns of a block's only panel, from row q and column j of B on, adjacent in memory.
template <class T>
void copy_panel(const Product<T>& p, int64_t q, int64_t j, GemmBlock<T>& block, T* to) {
  if (p.source != nullptr) {
    p.source->copy(p.source_row + q, j, block.k, block.n, to, block.panel);
  } else {
    gemm_kernels<T>().copy_matrix(block.k, block.n, block.b, p.b.row_stride, p.b.col_stride, to,
                                  block.panel);
  }
  block.b = to;
  block.b_row = block.panel;
}

// Columns that stay in the cache while A passes by: a panel's, or several shallow ones', so that C
// is written in long runs.
template <class T>
int64_t strip_columns(const GemmBlock<T>& block, bool copies_b) {
  if (copies_b) return block.panel;
  const int64_t bytes = (block.k + 1) * block.panel * static_cast<int64_t>(sizeof(T));
  return block.panel * std::max<int64_t>(kStripBytes / bytes, 1);
}

// The block at depth q, over all threads, strip by strip. A task is a tile's rows of a strip; each
// thread copies the panels of its own tasks, since fetching another's copies would cost it more.
template <class T>
void multiply_block(const Product<T>& p, const GemmBlock<T>& block, int64_t q, bool copies_b) {
  const FloatKernels<T>& kernels = gemm_kernels<T>();
  const int64_t rows = tile_rows(block.panel, kernels.gemm_tiles);
  const int64_t heights = ceil_div(block.m, rows);
  const int64_t strip = strip_columns(block, copies_b);
  auto multiply = [&](int64_t task, int64_t end) {
    Scratch<T> copy;
    if (copies_b) copy.reserve(block.k * block.panel);
    while (task < end) {
      const int64_t j = task / heights * strip, top = task % heights;
      const int64_t count = std::min(heights - top, end - task);
      GemmBlock<T> part = part_of(block, top * rows, count * rows, j, strip);
      if (copies_b) copy_panel(p, q, j, part, copy.data());
      kernels.gemm_block(part);
      task += count;
    }
  };
  parallel_for(heights * ceil_div(block.n, strip), grain(kThreadedWork, rows * strip * block.k),
               multiply);
}

}  // namespace

template <class T>
void multiply_in_blocks(const Product<T>& p) {
  const Blocking cut = choose_blocking(p);
  Scratch<T> a_copy;
  if (cut.copies_a) a_copy.reserve(cut.rows * cut.depth);
  for (int64_t i = 0; i < p.m; i += cut.rows) {
    for (int64_t q = 0; q == 0 || q < p.k; q += cut.depth) {
      GemmBlock<T> block = cut_block(p, cut, i, q);
      if (cut.copies_a) copy_a(block, a_copy.data());
      multiply_block(p, block, q, cut.copies_b);
    }
  }
}

template void multiply_in_blocks(const Product<float>&);
template void multiply_in_blocks(const Product<double>&);

}  // namespace lamina

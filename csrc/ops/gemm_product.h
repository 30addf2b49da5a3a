// A matrix product as the driver's parts hand it on; callers use gemm.h.
#pragma once

#include <algorithm>
#include <utility>

#include "kernels/dispatch.h"
#include "ops/gemm.h"

namespace lamina {

// C = epilogue(A B); B is a matrix in memory or, where `source` is not null, asked for its parts,
// from its row `source_row` on.
template <class T>
struct Product {
  int64_t m, n, k;
  MatrixView<T> a, b;
  const MatrixSource<T>* source;
  int64_t source_row;
  T* c;
  int64_t c_row, c_col;
  Epilogue<T> epilogue;

  bool has_adjacent_columns() const { return source == nullptr && b.col_stride == 1; }
};

// Multiplications worth a second thread: some 20 us, as much as it takes to fetch the operands from
// where the first one has made them.
constexpr int64_t kThreadedWork = 1 << 20;
constexpr int64_t kThreadedReads = 1 << 17;  // of a matrix that is read once
constexpr int64_t kThreadedCopy = 1 << 14;   // elements worth one

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Ranges of a loop whose every step is `work` multiplications (or copies) are at least this long.
constexpr int64_t grain(int64_t threshold, int64_t work) {
  return ceil_div(threshold, std::max<int64_t>(work, 1));
}

template <class T>
const FloatKernels<T>& gemm_kernels() {
  return kernels().template get<T>();
}

// Columns of a panel: as many vectors as a tile takes, unless fewer make all panels equally wide.
inline int64_t panel_columns(int64_t n, const GemmTiles& tiles) {
  const int64_t widest = tiles.vectors * tiles.width;
  if (n <= widest) return n;
  const int64_t vectors = ceil_div(n, tiles.width);
  return ceil_div(vectors, ceil_div(n, widest)) * tiles.width;
}

// Rows of a panel's tiles.
inline int64_t tile_rows(int64_t panel, const GemmTiles& tiles) {
  return std::min(tiles.rows, tiles.accumulators / ceil_div(panel, tiles.width));
}

// The product as one block, read in place, with one column a panel.
template <class T>
GemmBlock<T> whole_block(const Product<T>& p) {
  return {p.m,
          p.n,
          p.k,
          p.a.data,
          p.a.row_stride,
          p.a.col_stride,
          p.b.data,
          p.b.row_stride,
          p.b.col_stride,
          1,
          p.c,
          p.c_row,
          p.c_col,
          p.epilogue};
}

// Rows [i, i + m) and columns [j, j + n), j at the start of a panel.
template <class T>
GemmBlock<T> part_of(const GemmBlock<T>& block, int64_t i, int64_t m, int64_t j, int64_t n) {
  GemmBlock<T> part = block;
  part.m = std::min(m, block.m - i);
  part.n = std::min(n, block.n - j);
  part.a += i * block.a_row;
  part.b += j / block.panel * block.b_panel;
  part.c += i * block.c_row + j * block.c_col;
  Epilogue<T>& e = part.epilogue;
  if (e.bias != nullptr) e.bias += i * e.bias_row_stride + j * e.bias_col_stride;
  return part;
}

// Multiplies in blocks that suit the caches, B in panels, each over all threads.
template <class T>
void multiply_in_blocks(const Product<T>& p);

}  // namespace lamina

// What the driver of matrix products and its kernels tell each other; no code belongs here.
#pragma once

#include <cstdint>

namespace lamina {

enum class Activation { kNone, kRelu };

// C = activation(alpha * A B + beta * C + bias), where C is not read if beta is 0 and the bias is
// bias[i * bias_row_stride + j * bias_col_stride].
template <class T>
struct Epilogue {
  T alpha = 1;
  T beta = 0;
  const T* bias = nullptr;
  int64_t bias_row_stride = 0;
  int64_t bias_col_stride = 1;
  Activation activation = Activation::kNone;
};

// One part of a product, C (m, n) from A (m, k) and B (k, n), with strides in elements. B comes in
// panels of `panel` columns (the last may have fewer), the first at b, the next at b + b_panel.
template <class T>
struct GemmBlock {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t b_row, b_panel, panel;
  T* c;
  int64_t c_row, c_col;
  Epilogue<T> epilogue;
};

// What an ISA's kernels are best at; its driver cuts a product accordingly.
struct GemmTiles {
  int64_t width;         // lanes of a vector
  int64_t vectors;       // the widest tile, in vectors
  int64_t accumulators;  // of a tile: its rows times its vectors
  int64_t rows;          // the highest tile
  int64_t thin_rows;     // the most that gemm_thin takes
  int64_t near_bytes;    // of an operand, up to which reading it in place is never slow
  int64_t few_lines;     // rows or columns of the other, up to which a copy would not be repaid
};

}  // namespace lamina

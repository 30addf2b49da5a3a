// The kernels of recurrent networks, one pointer a line of recurrent.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

// Some sequences' rows at one step. They lie `spacing` rows apart in the traces, which are gates,
// state and kept, `out_spacing` in out and side by side in the others. `gates` and `product` have
// `hidden` columns a gate, the others `hidden`.
template <class T>
struct CellRows {
  int64_t rows, hidden, spacing, out_spacing;
  T* gates;          // in: the input's share of the sums; out: the gates
  const T* product;  // the state's share
  const T* bias;     // of the gates; GRU: at the end, that of the candidate's part of `product`
  const T* state;    // before the step
  T* kept;           // LSTM: the cell before the step; GRU, out: the candidate's part of `product`
  T* out;            // the state after the step
  T* cell;           // LSTM, out: the cell after the step
};

// The same on the way back, where buffers of whole sequences have rows `spacing` apart.
template <class T>
struct CellGradRows {
  int64_t rows, hidden, spacing;
  const T* gates;
  const T* state;
  const T* kept;
  const T* grad_out;  // beside grad_state; may be null
  T* grad_state;    // side by side, of the state after; GRU, out: what reaches that before directly
  T* grad_cell;     // side by side, LSTM: of the cell after; out: of that before
  T* grad_gates;    // out: of the input's share of the sums
  T* grad_product;  // out, GRU: of the state's share, which is the same in the other cells
};

template <class T>
struct RecurrentKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/recurrent.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

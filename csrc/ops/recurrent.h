// Recurrent networks: stacks of layers, one or two directions each, over equally long or packed
// sequences. What one direction of one layer does is recurrent_layer.h's.
#pragma once

#include <span>
#include <vector>

#include "core/tensor.h"
#include "ops/random.h"

namespace lamina {

enum class CellKind { kTanh, kRelu, kLstm, kGru };

struct RecurrentNet {
  CellKind kind;
  const char* name;  // in errors, and of the nodes
  int64_t layers = 1;
  bool has_biases = true, bidirectional = false, batch_first = false;
  double dropout = 0;  // between layers; 0 when the network does not train
};

// The output of every step (steps, batch, directions * size) or, packed, (rows, directions * size),
// and the states after the last ones (layers * directions, batch, size). c is the LSTM's alone.
struct RecurrentOutput {
  Tensor out, h, c;
};

// x is (steps, batch, in), or (batch, steps, in) if batch_first, or without the batch (steps, in),
// or, where `batch_sizes` says how many sequences have each step, (rows, in). Absent states are
// zeros. The weights of each direction of each layer are weight_ih (gates * hidden, in), weight_hh
// (gates * hidden, size), then bias_ih and bias_hh (gates * hidden), then, if the LSTM projects,
// weight_hr (size, hidden).
[[nodiscard]] RecurrentOutput recurrent(const RecurrentNet& net, const Tensor& x,
                                        const Tensor& batch_sizes, const Tensor& h0,
                                        const Tensor& c0, std::span<const Tensor> weights,
                                        const Source& source);

// One step of one layer: x (batch, in) or (in), h and c likewise; `out` is h.
[[nodiscard]] RecurrentOutput recurrent_cell(CellKind kind, const char* name, const Tensor& x,
                                             const Tensor& h, const Tensor& c,
                                             std::span<const Tensor> weights);

}  // namespace lamina

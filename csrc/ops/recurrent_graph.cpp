// One direction of a recurrent layer as a composition of ops, a few a step: slow, and
// differentiable any number of times.
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/join.h"
#include "ops/linalg.h"
#include "ops/recurrent_layer.h"
#include "ops/view.h"

namespace lamina {

namespace {

struct State {
  Tensor h, c;
};

Tensor gate(const RecurrentLayer& layer, const Tensor& sums, int64_t k) {
  return narrow(sums, 1, k * layer.hidden, layer.hidden);
}

State lstm_step(const RecurrentLayer& layer, const Tensor& sums, const State& before) {
  const Tensor i = sigmoid(gate(layer, sums, 0)), f = sigmoid(gate(layer, sums, 1)),
               g = tanh(gate(layer, sums, 2)), o = sigmoid(gate(layer, sums, 3));
  const Tensor c = f * before.c + i * g;
  return {o * tanh(c), c};
}

Tensor gru_step(const RecurrentLayer& layer, const Tensor& input, const Tensor& product,
                const Tensor& before) {
  const Tensor r = sigmoid(gate(layer, input, 0) + gate(layer, product, 0)),
               z = sigmoid(gate(layer, input, 1) + gate(layer, product, 1)),
               n = tanh(gate(layer, input, 2) + r * gate(layer, product, 2));
  return n + z * (before - n);
}

State step(const RecurrentLayer& layer, const LayerTensors& in, const Tensor& x,
           const State& before) {
  const Tensor input = linear(x, in[kWeightIh], in[kBiasIh]);
  const Tensor product = linear(before.h, in[kWeightHh], in[kBiasHh]);
  switch (layer.kind) {
    case CellKind::kTanh:
      return {tanh(input + product), {}};
    case CellKind::kRelu:
      return {relu(input + product), {}};
    case CellKind::kGru:
      return {gru_step(layer, input, product, before.h), {}};
    case CellKind::kLstm:
      break;
  }
  State after = lstm_step(layer, input + product, before);
  if (layer.projected) after.h = linear(after.h, in[kWeightHr], {});
  return after;
}

// Rows that go on from the step before, with those that begin now.
Tensor with_new(const Tensor& before, const Tensor& initial, const TimeStep& at, int64_t width,
                DType dtype) {
  const int64_t fresh = at.count - at.begun;
  if (fresh == 0) return narrow(before, 0, 0, at.count);
  const Tensor start = initial ? narrow(initial, 0, at.begun, fresh) : zeros({fresh, width}, dtype);
  if (at.begun == 0) return start;
  return cat(std::vector{narrow(before, 0, 0, at.begun), start}, 0);
}

// Final states, gathered as sequences end: in a packed batch the last ones first.
struct Finals {
  std::vector<Tensor> parts;

  void add(const Tensor& state, const TimeStep& at) {
    if (at.going_on < at.count)
      parts.insert(parts.begin(), narrow(state, 0, at.going_on, at.count - at.going_on));
  }
};

// The outputs of the steps, in the order of time, as rows of a buffer.
Tensor as_rows(const std::vector<Tensor>& outs, const Steps& steps) {
  if (steps.spacing() == 1) return cat(outs, 0);
  return reshape(stack(outs, 1), {steps.rows(), outs[0].size(1)});
}

}  // namespace

RecurrentOutput recurrent_layer_of_ops(const RecurrentLayer& layer, const LayerTensors& in) {
  const Steps& steps = *layer.steps;
  const DType dtype = in[kX].dtype();
  std::vector<Tensor> outs(static_cast<size_t>(steps.length()));
  Finals last_h, last_c;
  State state;
  for (int64_t i = 0; i < steps.length(); ++i) {
    const TimeStep at = steps.at(i, layer.reverse, 0, steps.batch());
    state.h = with_new(state.h, in[kH0], at, layer.state(), dtype);
    if (layer.has_cell()) state.c = with_new(state.c, in[kC0], at, layer.hidden, dtype);
    const Tensor x =
        slice(in[kX], 0, at.row, at.row + (at.count - 1) * steps.spacing() + 1, steps.spacing());
    state = step(layer, in, x, state);
    outs[static_cast<size_t>(layer.reverse ? steps.length() - 1 - i : i)] = state.h;
    last_h.add(state.h, at);
    if (layer.has_cell()) last_c.add(state.c, at);
  }
  return {as_rows(outs, steps), cat(last_h.parts, 0),
          layer.has_cell() ? cat(last_c.parts, 0) : Tensor()};
}

}  // namespace lamina

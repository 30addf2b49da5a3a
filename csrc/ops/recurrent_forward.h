// One direction of a recurrent layer forward, in plain memory. Each thread takes some sequences
// through all their steps, so that none waits for another at a step.
#pragma once

#include "ops/recurrent_run.h"

namespace lamina::recurrence {

template <class T>
class Forward {
 public:
  Forward(const RecurrentLayer& layer, const LayerMemory<T>& memory, const LayerResults<T>& results)
      : layer_(layer),
        m_(memory),
        results_(results),
        of_state_(layer.state(), layer.gates_width(), {m_.input[kWeightHh], 1, layer.state()},
                  layer.once),
        of_raw_(layer.hidden, layer.projected, {m_.input[kWeightHr], 1, layer.hidden}, layer.once),
        bias_(layer.gates_width() + layer.hidden) {
    add_biases();
  }

  void run() const {
    share_of_input();
    parallel_for(layer_.steps->batch(), sequence_grain(layer_),
                 [this](int64_t begin, int64_t end) { run_sequences(begin, end); });
  }

 private:
  // Both biases in one, except where the GRU weighs the state's share before it adds.
  void add_biases() {
    const int64_t width = layer_.gates_width();
    const int64_t both = layer_.kind == CellKind::kGru ? width - layer_.hidden : width;
    std::fill_n(bias_.data(), width + layer_.hidden, T(0));
    if (m_.input[kBiasIh] == nullptr) return;
    std::copy_n(m_.input[kBiasIh], width, bias_.data());
    for (int64_t j = 0; j < width; ++j)
      bias_.data()[j < both ? j : j + layer_.hidden] += m_.input[kBiasHh][j];
  }

  // The input's share of the gates' sums, for all steps.
  void share_of_input() const {
    const RepeatedProduct<T> of_input(layer_.in, layer_.gates_width(),
                                      {m_.input[kWeightIh], 1, layer_.in}, layer_.once);
    of_input.multiply(layer_.steps->rows(), m_.input[kX], layer_.in, m_.gates,
                      layer_.gates_width());
  }

  void run_sequences(int64_t begin, int64_t end) const {
    const int64_t width = layer_.gates_width();
    Scratch<T> product((end - begin) * width), cell((end - begin) * layer_.hidden);
    for (int64_t i = 0; i < layer_.steps->length(); ++i) {
      const TimeStep step = layer_.steps->at(i, layer_.reverse, begin, end);
      if (step.count == 0) continue;
      begin_sequences(step, begin);
      const int64_t spacing = layer_.steps->spacing(), state = layer_.state();
      of_state_.multiply(step.count, m_.states + step.row * state, spacing * state, product.data(),
                         width);
      run_cell(step, product.data(), cell.data());
      pass_on(step, begin, state, results_.out + step.row * state, spacing * state, m_.states,
              results_.last_state);
      if (layer_.has_cell())
        pass_on(step, begin, layer_.hidden, cell.data(), layer_.hidden, m_.kept,
                results_.last_cell);
    }
  }

  // The first states of the sequences that begin here.
  void begin_sequences(const TimeStep& step, int64_t begin) const {
    const int64_t spacing = layer_.steps->spacing(), first = step.row + step.begun * spacing;
    auto put = [&](int64_t width, const T* from, T* to) {
      carry(step.count - step.begun, width, shift(from, (begin + step.begun) * width), width,
            to + first * width, spacing * width);
    };
    put(layer_.state(), m_.input[kH0], m_.states);
    if (layer_.has_cell()) put(layer_.hidden, m_.input[kC0], m_.kept);
  }

  void run_cell(const TimeStep& step, const T* product, T* cell) const {
    const int64_t hidden = layer_.hidden, spacing = layer_.steps->spacing();
    T* out = (layer_.projected ? m_.raw : results_.out) + step.row * hidden;
    forward_kernel(layer_.kind)({step.count, hidden, spacing,
                                 m_.gates + step.row * layer_.gates_width(), product, bias_.data(),
                                 m_.states + step.row * layer_.state(),
                                 shift(m_.kept, step.row * hidden), out, cell});
    if (layer_.projected)
      of_raw_.multiply(step.count, out, spacing * hidden, results_.out + step.row * layer_.state(),
                       spacing * layer_.state());
  }

  // States after the step, to the next step or, of sequences that end here, to the last states.
  void pass_on(const TimeStep& step, int64_t begin, int64_t width, const T* from, int64_t from_row,
               T* next, T* last) const {
    carry(step.going_on, width, from, from_row, next + step.next_row * width,
          layer_.steps->spacing() * width);
    carry(step.count - step.going_on, width, from + step.going_on * from_row, from_row,
          last + (begin + step.going_on) * width, width);
  }

  static auto forward_kernel(CellKind kind) {
    const RecurrentKernels<T>& kernels = lamina::kernels().recurrent<T>();
    switch (kind) {
      case CellKind::kTanh:
        return kernels.rnn_tanh_fwd;
      case CellKind::kRelu:
        return kernels.rnn_relu_fwd;
      case CellKind::kLstm:
        return kernels.lstm_fwd;
      case CellKind::kGru:
        break;
    }
    return kernels.gru_fwd;
  }

  const RecurrentLayer& layer_;
  const LayerMemory<T>& m_;
  const LayerResults<T>& results_;
  const RepeatedProduct<T> of_state_, of_raw_;
  Scratch<T> bias_;
};

}  // namespace lamina::recurrence

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
        of_input_(product(layer.in, layer.gates_width(), kWeightIh)),
        of_state_(product(layer.state(), layer.gates_width(), kWeightHh)),
        of_raw_(product(layer.hidden, layer.projected, kWeightHr)),
        bias_(layer.gates_width() + layer.hidden) {
    add_biases();
  }

  void run() const {
    if (layer_.shares_at_once())
      of_input_.multiply(layer_.steps->rows(), m_.input[kX], layer_.in, m_.gates,
                         layer_.gates_width());
    const int64_t depth = layer_.state() + (layer_.shares_at_once() ? 0 : layer_.in);
    parallel_for(layer_.steps->batch(), sequence_grain(layer_, depth),
                 [this](int64_t first, int64_t last) {
                   each_group(layer_, first, last, [this](int64_t begin, int64_t end) {
                     Group(*this, end - begin).run(begin, end);
                   });
                 });
  }

 private:
  // With the transpose of a weight (n, k).
  RepeatedProduct<T> product(int64_t k, int64_t n, LayerInput weight) const {
    return {k, n, {m_.input[weight], 1, k}, m_.panels[weight]};
  }

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

  // Sequences on their way through the steps. Where no traces are kept these are of one step, the
  // same for all.
  class Group {
   public:
    Group(const Forward& all, int64_t count)
        : all_(all),
          layer_(all.layer_),
          traces_(all.m_),
          product_(count * layer_.gates_width()),
          cell_(count * layer_.hidden),
          kept_(all.m_.gates != nullptr) {
      if (kept_) return;
      traces_.gates = own_gates_.reserve(count * layer_.gates_width());
      traces_.states = own_states_.reserve(count * layer_.state());
      traces_.kept = own_kept_.reserve(count * layer_.hidden);
      if (layer_.projected) traces_.raw = own_raw_.reserve(count * layer_.hidden);
    }

    void run(int64_t begin, int64_t end) {
      for (int64_t i = 0; i < layer_.steps->length(); ++i) {
        const TimeStep step = layer_.steps->at(i, layer_.reverse, begin, end);
        if (step.count > 0) run_step(step, begin);
      }
    }

   private:
    // Of a step in the traces, and how far apart the rows of its sequences are.
    int64_t row(const TimeStep& step) const { return kept_ ? step.row : 0; }
    int64_t next_row(const TimeStep& step) const { return kept_ ? step.next_row : 0; }
    int64_t spacing() const { return kept_ ? layer_.steps->spacing() : 1; }

    void run_step(const TimeStep& step, int64_t begin) {
      const int64_t width = layer_.gates_width(), state = layer_.state(), in = layer_.in;
      const int64_t apart = layer_.steps->spacing();
      begin_sequences(step, begin);
      if (!layer_.shares_at_once())
        all_.of_input_.multiply(step.count, all_.m_.input[kX] + step.row * in, apart * in,
                                traces_.gates + row(step) * width, spacing() * width);
      all_.of_state_.multiply(step.count, traces_.states + row(step) * state, spacing() * state,
                              product_.data(), width);
      run_cell(step);
      pass_on(step, begin, state, all_.results_.out + step.row * state, apart * state,
              traces_.states, all_.results_.last_state);
      if (layer_.has_cell())
        pass_on(step, begin, layer_.hidden, cell_.data(), layer_.hidden, traces_.kept,
                all_.results_.last_cell);
    }

    // The first states of the sequences that begin here.
    void begin_sequences(const TimeStep& step, int64_t begin) {
      const int64_t first = row(step) + step.begun * spacing();
      auto put = [&](int64_t width, const T* from, T* to) {
        carry(step.count - step.begun, width, shift(from, (begin + step.begun) * width), width,
              to + first * width, spacing() * width);
      };
      put(layer_.state(), all_.m_.input[kH0], traces_.states);
      if (layer_.has_cell()) put(layer_.hidden, all_.m_.input[kC0], traces_.kept);
    }

    void run_cell(const TimeStep& step) {
      const int64_t hidden = layer_.hidden, state = layer_.state(), at = row(step);
      const int64_t apart = layer_.steps->spacing();
      T* projected = all_.results_.out + step.row * state;
      T* out = layer_.projected ? traces_.raw + at * hidden : projected;
      const int64_t out_spacing = layer_.projected ? spacing() : apart;
      forward_kernel(layer_.kind)({step.count, hidden, spacing(), out_spacing,
                                   traces_.gates + at * layer_.gates_width(), product_.data(),
                                   all_.bias_.data(), traces_.states + at * state,
                                   shift(traces_.kept, at * hidden), out, cell_.data()});
      if (layer_.projected)
        all_.of_raw_.multiply(step.count, out, out_spacing * hidden, projected, apart * state);
    }

    // States after the step, to the next step or, of sequences that end here, to the last states.
    void pass_on(const TimeStep& step, int64_t begin, int64_t width, const T* from,
                 int64_t from_row, T* next, T* last) {
      carry(step.going_on, width, from, from_row, next + next_row(step) * width, spacing() * width);
      carry(step.count - step.going_on, width, from + step.going_on * from_row, from_row,
            last + (begin + step.going_on) * width, width);
    }

    const Forward& all_;
    const RecurrentLayer& layer_;
    LayerMemory<T> traces_;
    Scratch<T> product_, cell_, own_gates_, own_states_, own_kept_, own_raw_;
    bool kept_;
  };

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
  const RepeatedProduct<T> of_input_, of_state_, of_raw_;
  Scratch<T> bias_;
};

}  // namespace lamina::recurrence

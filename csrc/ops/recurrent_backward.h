// One direction of a recurrent layer backward, in plain memory: each thread takes some sequences
// back through all their steps; the gradients of the weights are then single products over all.
#pragma once

#include "ops/recurrent_run.h"

namespace lamina::recurrence {

template <class T>
class Backward {
 public:
  Backward(const RecurrentLayer& layer, const LayerMemory<T>& memory, const LayerGrads<T>& grads)
      : layer_(layer),
        m_(memory),
        grads_(grads),
        to_state_(product(layer.gates_width(), layer.state(), kWeightHh, state_panels_)),
        to_raw_(
            product(layer.projected, layer.projected ? layer.hidden : 0, kWeightHr, raw_panels_)),
        grad_gates_(rows() * layer.gates_width()) {
    if (layer.kind == CellKind::kGru) grad_product_.reserve(rows() * layer.gates_width());
    if (layer.projected) grad_state_.reserve(rows() * layer.projected);
  }

  void run() const {
    parallel_for(layer_.steps->batch(), sequence_grain(layer_, layer_.state()),
                 [this](int64_t first, int64_t last) {
                   each_group(layer_, first, last,
                              [this](int64_t begin, int64_t end) { run_sequences(begin, end); });
                 });
    const int64_t in = layer_.in, state = layer_.state(), width = layer_.gates_width();
    weight_grad(kWeightIh, grad_gates_.data(), width, m_.input[kX], in);
    weight_grad(kWeightHh, grad_product(), width, m_.states, state);
    weight_grad(kWeightHr, grad_state_.data(), layer_.projected, m_.raw, layer_.hidden);
    bias_grads();
    if (grads_.input[kX] != nullptr)
      gemm<T>(rows(), in, width, {grad_gates_.data(), width, 1}, {m_.input[kWeightIh], in, 1},
              grads_.input[kX], in);
  }

 private:
  // With a weight (k, n).
  RepeatedProduct<T> product(int64_t k, int64_t n, LayerInput weight, Scratch<T>& panels) const {
    const Panels<T> layout(k, n);
    const MatrixView<T> b{m_.input[weight], n, 1};
    if (!layer_.once && n > 0) layout.copy(b, panels.reserve(layout.elements()));
    return {k, n, b, panels.data()};
  }

  int64_t rows() const { return layer_.steps->rows(); }
  // Of the state's share of the sums, which only the GRU weighs before it adds.
  T* grad_product() const {
    return grad_product_.data() ? grad_product_.data() : grad_gates_.data();
  }

  // What a thread carries from step to step: gradients of the states and cells after it.
  struct Carried {
    Carried(int64_t count, const RecurrentLayer& layer)
        : state(count * layer.state()),
          raw(count * (layer.projected ? layer.hidden : 0)),
          cell(count * layer.hidden) {}
    Scratch<T> state, raw, cell;
  };

  void run_sequences(int64_t begin, int64_t end) const {
    const int64_t state = layer_.state(), width = layer_.gates_width();
    const Carried carried(end - begin, layer_);
    const T kept = layer_.kind == CellKind::kGru ? T(1) : T(0);
    for (int64_t i = layer_.steps->length(); i-- > 0;) {
      const TimeStep step = layer_.steps->at(i, layer_.reverse, begin, end);
      if (step.count == 0) continue;
      end_sequences(step, begin, state, grads_.last_state, carried.state.data());
      if (layer_.has_cell())
        end_sequences(step, begin, layer_.hidden, grads_.last_cell, carried.cell.data());
      run_cell(step, carried);
      to_state_.multiply(grads_.input[kH0] ? step.count : step.begun,
                         grad_product() + step.row * width, layer_.steps->spacing() * width,
                         carried.state.data(), state, {.beta = kept});
      begin_sequences(step, begin, state, carried.state.data(), grads_.input[kH0]);
      begin_sequences(step, begin, layer_.hidden, carried.cell.data(), grads_.input[kC0]);
    }
  }

  // Of the sequences that end at the step, the gradients of the last states.
  void end_sequences(const TimeStep& step, int64_t begin, int64_t width, const T* from,
                     T* to) const {
    carry(step.count - step.going_on, width, shift(from, (begin + step.going_on) * width), width,
          to + step.going_on * width, width);
  }
  // Of those that begin at it, the gradients of the first states.
  void begin_sequences(const TimeStep& step, int64_t begin, int64_t width, const T* from,
                       T* to) const {
    carry(step.count - step.begun, width, from + step.begun * width, width,
          shift(to, (begin + step.begun) * width), width);
  }

  void run_cell(const TimeStep& step, const Carried& carried) const {
    const int64_t at = step.row * layer_.hidden, gates_at = step.row * layer_.gates_width();
    if (layer_.projected) undo_projection(step, carried);
    backward_kernel(layer_.kind)(
        {step.count, layer_.hidden, layer_.steps->spacing(), m_.gates + gates_at,
         m_.states + step.row * layer_.state(), shift(m_.kept, at),
         layer_.projected ? nullptr : shift(grads_.out, at),
         (layer_.projected ? carried.raw : carried.state).data(), carried.cell.data(),
         grad_gates_.data() + gates_at, grad_product() + gates_at});
  }

  // The gradient of the state that is projected, from that of the result; the latter is kept for
  // the weight's.
  void undo_projection(const TimeStep& step, const Carried& carried) const {
    const int64_t width = layer_.projected, spacing = layer_.steps->spacing();
    T* whole = grad_state_.data() + step.row * width;
    for (int64_t i = 0; i < step.count; ++i)
      for (int64_t j = 0; j < width; ++j) {
        const int64_t at = i * spacing * width + j;
        const T out = grads_.out ? grads_.out[step.row * width + at] : T(0);
        whole[at] = carried.state.data()[i * width + j] + out;
      }
    to_raw_.multiply(step.count, whole, spacing * width, carried.raw.data(), layer_.hidden);
  }

  // (width, columns) = sum over rows of grad (rows, width) times x (rows, columns)
  void weight_grad(LayerInput input, const T* grad, int64_t width, const T* x,
                   int64_t columns) const {
    if (grads_.input[input] != nullptr)
      gemm<T>(width, columns, rows(), {grad, 1, width}, {x, columns, 1}, grads_.input[input],
              columns);
  }
  // The same with x = 1. Both are equal unless the GRU tells them apart.
  void bias_grads() const {
    T *of_input = grads_.input[kBiasIh], *of_state = grads_.input[kBiasHh];
    column_sums(grad_gates_.data(), of_input);
    if (of_input != nullptr && of_state != nullptr && grad_product() == grad_gates_.data())
      std::copy_n(of_input, layer_.gates_width(), of_state);
    else
      column_sums(grad_product(), of_state);
  }
  void column_sums(const T* grad, T* to) const {
    const T one = 1;
    const int64_t width = layer_.gates_width();
    if (to != nullptr) gemm<T>(1, width, rows(), {&one, 0, 0}, {grad, width, 1}, to, width);
  }

  static auto backward_kernel(CellKind kind) {
    const RecurrentKernels<T>& kernels = lamina::kernels().recurrent<T>();
    switch (kind) {
      case CellKind::kTanh:
        return kernels.rnn_tanh_bwd;
      case CellKind::kRelu:
        return kernels.rnn_relu_bwd;
      case CellKind::kLstm:
        return kernels.lstm_bwd;
      case CellKind::kGru:
        break;
    }
    return kernels.gru_bwd;
  }

  const RecurrentLayer& layer_;
  const LayerMemory<T>& m_;
  const LayerGrads<T>& grads_;
  Scratch<T> state_panels_, raw_panels_;
  const RepeatedProduct<T> to_state_, to_raw_;
  Scratch<T> grad_gates_, grad_product_, grad_state_;
};

}  // namespace lamina::recurrence

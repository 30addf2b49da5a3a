// The op: what it allocates, launches and leaves for the way back. Its loops are in
// recurrent_forward.h and recurrent_backward.h.
#include "ops/recurrent_layer.h"

#include "autograd/engine.h"
#include "exec/launch.h"
#include "ops/copy.h"
#include "ops/recurrent_backward.h"
#include "ops/recurrent_forward.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Saved;

// The operands of a launch of which some may be absent. A body copies the places, not the tensors.
template <size_t N>
class Operands {
 public:
  class Places {
   public:
    template <class T>
    T* get(exec::Buffers buffers, size_t operand) const {
      return at_[operand] < 0 ? nullptr : buffers.get<T>(at_[operand]);
    }

   private:
    friend class Operands;
    std::array<int, N> at_{};
  };

  // The written ones are given first.
  Operands(std::initializer_list<std::span<const Tensor>> writes,
           std::initializer_list<std::span<const Tensor>> reads) {
    for (const auto& group : writes) add(group, writes_);
    for (const auto& group : reads) add(group, reads_);
  }
  exec::Operands writes() const { return writes_; }
  exec::Operands reads() const { return reads_; }
  const Places& places() const { return places_; }

 private:
  void add(std::span<const Tensor> group, std::vector<const Tensor*>& list) {
    for (const Tensor& tensor : group) {
      places_.at_[count_++] = tensor ? static_cast<int>(writes_.size() + reads_.size()) : -1;
      if (tensor) list.push_back(&tensor);
    }
  }

  size_t count_ = 0;
  Places places_;
  std::vector<const Tensor*> writes_, reads_;
};

// What the way back needs beside the inputs, in the order of LayerMemory.
enum { kGates, kStates, kKept, kRaw, kTraces };
using Traces = std::array<Tensor, kTraces>;
constexpr int kOutputs = 3;
using Outputs = std::array<Tensor, kOutputs>;

Traces make_traces(const RecurrentLayer& layer, DType dtype, bool needs_grad) {
  const int64_t rows = layer.steps->rows();
  Traces traces;
  if (!needs_grad && !layer.shares_at_once()) return traces;
  traces[kGates] = empty({rows, layer.gates_width()}, dtype);
  traces[kStates] = empty({rows, layer.state()}, dtype);
  if (layer.has_cell() || layer.kind == CellKind::kGru)
    traces[kKept] = empty({rows, layer.hidden}, dtype);
  if (layer.projected) traces[kRaw] = empty({rows, layer.hidden}, dtype);
  return traces;
}

template <class T, class Get>
LayerMemory<T> memory_of(Get get, size_t traces, size_t inputs) {
  LayerMemory<T> memory{};
  for (size_t i = 0; i < kLayerInputs; ++i) memory.input[i] = get(inputs + i);
  memory.gates = get(traces + kGates);
  memory.states = get(traces + kStates);
  memory.kept = get(traces + kKept);
  memory.raw = get(traces + kRaw);
  return memory;
}

// The weights as the products of many steps read them; a single step takes them as they are.
LayerTensors arranged(const RecurrentLayer& layer, const LayerTensors& inputs) {
  LayerTensors result;
  if (layer.once) return result;
  for (const LayerInput weight : {kWeightIh, kWeightHh, kWeightHr}) {
    if (!inputs[weight]) continue;
    const int64_t n = inputs[weight].size(0), k = inputs[weight].size(1);
    visit_floating(inputs[weight].dtype(), [&]<class T>() {
      const Panels<T> panels(k, n);
      result[weight] = empty({panels.elements()}, inputs[weight].dtype());
      exec::launch(
          "recurrent_weights", {&result[weight]}, {&inputs[weight]},
          [panels](exec::Buffers buffers) {
            panels.copy({buffers.get<T>(1), 1, panels.k}, buffers.get<T>(0));
          },
          exec::Repeat::kIfChanged);
    });
  }
  return result;
}

Outputs run_forward(const RecurrentLayer& layer, const LayerTensors& inputs, const Traces& traces) {
  const DType dtype = inputs[kX].dtype();
  const int64_t batch = layer.steps->batch();
  Outputs out{empty({layer.steps->rows(), layer.state()}, dtype),
              empty({batch, layer.state()}, dtype)};
  if (layer.has_cell()) out[2] = empty({batch, layer.hidden}, dtype);
  const LayerTensors panels = arranged(layer, inputs);
  constexpr size_t kFirst = kOutputs + kTraces;
  const Operands<kFirst + 2 * kLayerInputs> operands({out, traces}, {inputs, panels});
  visit_floating(dtype, [&]<class T>() {
    exec::launch(layer.name, operands.writes(), operands.reads(),
                 [layer, places = operands.places()](exec::Buffers buffers) {
                   auto get = [&](size_t i) { return places.template get<T>(buffers, i); };
                   LayerMemory<T> memory = memory_of<T>(get, kOutputs, kFirst);
                   for (size_t i = 0; i < kLayerInputs; ++i)
                     memory.panels[i] = get(kFirst + kLayerInputs + i);
                   recurrence::Forward<T>(layer, memory, {get(0), get(1), get(2)}).run();
                 });
  });
  return out;
}

const char* name_of_backward(CellKind kind) {
  switch (kind) {
    case CellKind::kTanh:
      return "rnn_tanh_backward";
    case CellKind::kRelu:
      return "rnn_relu_backward";
    case CellKind::kLstm:
      return "lstm_backward";
    case CellKind::kGru:
      break;
  }
  return "gru_backward";
}

LayerTensors run_backward(const RecurrentLayer& layer, const LayerTensors& inputs,
                          const Traces& traces, const Outputs& grads,
                          const std::array<bool, kLayerInputs>& needed) {
  LayerTensors results;
  for (size_t i = 0; i < kLayerInputs; ++i)
    if (needed[i]) results[i] = empty_like(inputs[i]);
  const Operands<kLayerInputs + kOutputs + kLayerInputs + kTraces> operands(
      {results}, {grads, inputs, traces});
  visit_floating(inputs[kX].dtype(), [&]<class T>() {
    exec::launch(
        name_of_backward(layer.kind), operands.writes(), operands.reads(),
        [layer, places = operands.places()](exec::Buffers buffers) {
          auto get = [&](size_t i) { return places.template get<T>(buffers, i); };
          LayerGrads<T> way{get(kLayerInputs), get(kLayerInputs + 1), get(kLayerInputs + 2), {}};
          for (size_t i = 0; i < kLayerInputs; ++i) way.input[i] = get(i);
          constexpr size_t kFirst = kLayerInputs + kOutputs;
          recurrence::Backward<T>(layer, memory_of<T>(get, kFirst + kLayerInputs, kFirst), way)
              .run();
        });
  });
  return results;
}

// With history, by way of the layer's ops. The inputs get nodes of their own, at which the walk
// ends even if one of them was computed from another.
LayerTensors differentiable_backward(const RecurrentLayer& layer, const LayerTensors& inputs,
                                     const Outputs& grads,
                                     const std::array<bool, kLayerInputs>& needed) {
  LayerTensors own;
  std::vector<Tensor> targets;
  for (size_t i = 0; i < kLayerInputs; ++i) {
    if (inputs[i]) own[i] = needed[i] ? view(inputs[i], inputs[i].sizes()) : detach(inputs[i]);
    if (needed[i]) targets.push_back(own[i]);
  }
  const RecurrentOutput again = recurrent_layer_of_ops(layer, own);
  std::vector<Tensor> roots, root_grads;
  for (const auto& [root, grad] :
       {std::pair(again.out, grads[0]), std::pair(again.h, grads[1]), std::pair(again.c, grads[2])})
    if (grad && autograd::requires_grad(root)) {
      roots.push_back(root);
      root_grads.push_back(grad);
    }
  const std::vector<Tensor> found =
      autograd::grad(roots, root_grads, targets, {.retain_graph = true, .create_graph = true});
  LayerTensors results;
  for (size_t i = 0, next = 0; i < kLayerInputs; ++i)
    if (needed[i]) results[i] = found[next++];
  return results;
}

// The closure of the layer's node.
struct WayBack {
  RecurrentLayer layer;
  std::array<Saved, kLayerInputs> saved;
  Traces traces;

  void operator()(autograd::Backward& b) const {
    LayerTensors inputs;
    std::array<bool, kLayerInputs> needed{};
    for (size_t i = 0; i < kLayerInputs; ++i) {
      if (saved[i]) inputs[i] = saved[i].get(b);
      needed[i] = saved[i] && b.needs(static_cast<int>(i));
    }
    Outputs grads;
    for (size_t i = 0; i < kOutputs; ++i)
      if (const Tensor& grad = b.grad(static_cast<int>(i))) grads[i] = contiguous(grad);
    const LayerTensors results = autograd::grad_enabled
                                     ? differentiable_backward(layer, inputs, grads, needed)
                                     : run_backward(layer, inputs, traces, grads, needed);
    for (size_t i = 0; i < kLayerInputs; ++i)
      if (results[i]) b.set(static_cast<int>(i), results[i]);
  }
};

}  // namespace

RecurrentOutput recurrent_layer(const RecurrentLayer& layer, const LayerTensors& given) {
  LayerTensors inputs;
  bool needs_grad = false;
  for (size_t i = 0; i < kLayerInputs; ++i) {
    if (!given[i]) continue;
    inputs[i] = contiguous(given[i]);
    needs_grad = needs_grad || autograd::needs_grad(inputs[i]);
  }
  Traces traces = make_traces(layer, inputs[kX].dtype(), needs_grad);
  const Outputs out = run_forward(layer, inputs, traces);
  if (needs_grad) {
    WayBack way_back{layer, {}, std::move(traces)};
    for (size_t i = 0; i < kLayerInputs; ++i)
      if (inputs[i]) way_back.saved[i] = Saved(inputs[i]);
    const Ref<autograd::Node> node(
        new autograd::WideClosureNode<WayBack>(layer.name, kOutputs, inputs, std::move(way_back)));
    for (size_t i = 0; i < kOutputs; ++i)
      if (out[i]) autograd::attach(out[i], node, static_cast<int>(i));
  }
  return {out[0], out[1], out[2]};
}

}  // namespace lamina

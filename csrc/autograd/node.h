// The graph: nodes hold the way back of one op, edges lead to the nodes (or leaves) that gave its
// inputs. How a graph is walked stands in engine.h; what an op's way back computes stands with the
// op.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autograd/mode.h"
#include "core/tensor.h"

namespace lamina::autograd {

class Node;

// Where the gradient of one input goes: to slot `slot` of the node that made it, or to a leaf. It
// also remembers the input's shape and type, to which the engine reduces a broadcast or promoted
// gradient.
struct Edge {
  Ref<Node> node;
  Ref<TensorImpl> leaf;
  int slot = 0;
  DType dtype = DType::kFloat32;
  Dims sizes;

  bool wanted() const { return node || leaf; }
};

using Hook = std::function<Tensor(const Tensor& grad)>;
struct Hooks {
  std::vector<std::pair<int64_t, Hook>> list;
  int64_t next_id = 0;

  int64_t add(Hook hook);
  void remove(int64_t id);
  Tensor apply(Tensor grad) const;
};

// The autograd side of a tensor.
struct Meta final : AutogradState {
  ~Meta() override;

  Ref<Node> grad_fn;  // empty for a leaf
  int slot = 0;       // which output of grad_fn
  Tensor grad;
  Hooks hooks;                    // of a leaf; those of other tensors live in grad_fn
  TensorImpl* retains = nullptr;  // this tensor, once retain_grad() was asked for
  // A view follows its base: `generation` tells whether the base's history changed since.
  Tensor base;
  uint64_t generation = 0;
};

inline Meta* meta(const Tensor& tensor) { return static_cast<Meta*>(tensor->autograd.get()); }
Meta& ensure_meta(const Tensor& tensor);

// Brings the history of a view up to date with in-place changes of its base; set by the ops layer,
// which knows the view's way back.
inline void (*refresh_view)(const Tensor& view) = nullptr;

inline bool requires_grad(const Tensor& tensor) {
  Meta* state = meta(tensor);
  if (!state || !state->base) return tensor->requires_grad;
  refresh_view(tensor);
  return tensor->requires_grad;
}
template <class... Tensors>
bool needs_grad(const Tensors&... tensors) {
  return grad_enabled && (requires_grad(tensors) || ...);
}

Edge edge_to(const Tensor& tensor);

// Sees what happens to the grad of leaves; a captured step must repeat it.
struct LeafObserver {
  virtual ~LeafObserver() = default;
  virtual void grad_will_change(const Tensor& leaf) = 0;
  virtual void grad_will_be_replaced(const Tensor& leaf) = 0;  // or emptied
  virtual void grad_read(const Tensor& leaf) = 0;
};
inline thread_local LeafObserver* leaf_observer = nullptr;

// What a tensor's grad is for whoever asks from outside the engine; empty where there is none.
inline Tensor grad_of(const Tensor& tensor) {
  const Meta* state = meta(tensor);
  if (leaf_observer && requires_grad(tensor) && !(state && state->grad_fn)) {
    leaf_observer->grad_read(tensor);
    state = meta(tensor);
  }
  return state ? state->grad : Tensor();
}

// Receives the gradients that a node computes for its inputs.
struct Sink {
  virtual ~Sink() = default;
  virtual bool needs(const Edge& edge) const = 0;
  virtual void deliver(const Node& from, int input, const Edge& edge, Tensor grad) = 0;
};

// What the way back of an op sees.
class Backward {
 public:
  Backward(Node& node, std::span<const Tensor> grads, Sink& sink)
      : node_(node), grads_(grads), sink_(sink) {}

  // The gradient of an output; empty where nothing depends on that output.
  const Tensor& grad(int output = 0) const { return grads_[static_cast<size_t>(output)]; }
  bool needs(int input) const;
  void set(int input, Tensor grad);
  Node& node() const { return node_; }
  // With create_graph=True: names the op that cannot be differentiated twice.
  void once_differentiable() const;

 private:
  Node& node_;
  std::span<const Tensor> grads_;
  Sink& sink_;
};

class Node : public RefCounted {
 public:
  virtual void apply(Backward& backward) = 0;
  // Drops what was saved for the way back.
  virtual void free_saved() = 0;

  virtual const char* name() const { return name_; }
  uint64_t sequence() const { return sequence_; }
  int output_count() const { return output_count_; }
  virtual std::span<Edge> edges() = 0;
  Hooks& hooks(int slot);
  bool has_hooks() const { return !hooks_.empty(); }

  bool freed = false;
  std::vector<Meta*> retained;  // outputs whose gradient is kept
  std::string recorded_at;      // in anomaly mode: the Python stack of the forward call

 protected:
  Node(const char* name, int output_count);
  void dispose() noexcept override;

 private:
  const char* name_;
  uint64_t sequence_;
  int output_count_;
  std::vector<Hooks> hooks_;
};

// A value kept for the way back. An input keeps its handle; an output of the op keeps its memory
// only, as its handle would own the node that owns it.
class Saved {
 public:
  Saved() = default;
  explicit Saved(const Tensor& input) : Saved(input, -1) {}
  static Saved output(const Tensor& tensor, int slot = 0) { return Saved(detach(tensor), slot); }

  // The value that the in-place change about to be made will leave.
  Saved after_next_change() && {
    ++version_;
    return std::move(*this);
  }

  explicit operator bool() const { return static_cast<bool>(tensor_); }
  // The value; an error that names the op if it was changed in place meanwhile.
  Tensor get(Backward& backward) const;

 private:
  Saved(Tensor tensor, int slot)
      : tensor_(std::move(tensor)),
        version_(tensor_ ? tensor_->storage->version() : 0),
        slot_(slot) {}

  Tensor tensor_;
  uint32_t version_ = 0;
  int slot_ = -1;
};

template <class F, size_t N>
class ClosureNode final : public Node {
 public:
  ClosureNode(const char* name, int outputs, const Tensor* const (&inputs)[N], F&& closure)
      : Node(name, outputs), closure_(std::move(closure)) {
    for (size_t i = 0; i < N; ++i) edges_[i] = edge_to(*inputs[i]);
  }
  void apply(Backward& backward) override { (*closure_)(backward); }
  void free_saved() override { closure_.reset(); }
  std::span<Edge> edges() override { return edges_; }

 private:
  std::optional<F> closure_;
  Edge edges_[N];
};

// The same for a number of inputs known only at run time.
template <class F>
class WideClosureNode final : public Node {
 public:
  WideClosureNode(const char* name, int outputs, std::span<const Tensor> inputs, F&& closure)
      : Node(name, outputs), closure_(std::move(closure)) {
    for (const Tensor& input : inputs) edges_.push_back(edge_to(input));
  }
  void apply(Backward& backward) override { (*closure_)(backward); }
  void free_saved() override { closure_.reset(); }
  std::span<Edge> edges() override { return edges_; }

 private:
  std::optional<F> closure_;
  std::vector<Edge> edges_;
};

// Makes `out` the output `slot` of `node`.
void attach(const Tensor& out, Ref<Node> node, int slot = 0);

template <class F, size_t N>
Ref<Node> make_node(const char* name, const Tensor* const (&inputs)[N], F closure) {
  return Ref<Node>(new ClosureNode<F, N>(name, 1, inputs, std::move(closure)));
}
// Leaves a node for the way back of an op with one output; call it only when needs_grad(inputs...).
template <class F, size_t N>
void record(const char* name, const Tensor& out, const Tensor* const (&inputs)[N], F closure) {
  attach(out, make_node(name, inputs, std::move(closure)));
}
template <class F>
void record(const char* name, const Tensor& out, std::span<const Tensor> inputs, F closure) {
  attach(out, Ref<Node>(new WideClosureNode<F>(name, 1, inputs, std::move(closure))));
}

}  // namespace lamina::autograd

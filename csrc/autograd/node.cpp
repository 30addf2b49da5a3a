#include "autograd/node.h"

#include <algorithm>
#include <atomic>

namespace lamina::autograd {

namespace {
std::atomic<uint64_t> next_sequence{1};
}

int64_t Hooks::add(Hook hook) {
  list.emplace_back(next_id, std::move(hook));
  return next_id++;
}

void Hooks::remove(int64_t id) {
  std::erase_if(list, [id](const auto& entry) { return entry.first == id; });
}

Tensor Hooks::apply(Tensor grad) const {
  const auto current = list;  // a hook may remove itself
  for (const auto& [id, hook] : current)
    if (Tensor replaced = hook(grad)) grad = std::move(replaced);
  return grad;
}

Meta::~Meta() {
  if (retains && grad_fn) std::erase(grad_fn->retained, this);
}

Meta& ensure_meta(const Tensor& tensor) {
  if (!tensor->autograd) tensor->autograd = std::make_unique<Meta>();
  return *meta(tensor);
}

Edge edge_to(const Tensor& tensor) {
  Edge edge;
  if (!tensor || !requires_grad(tensor)) return edge;
  edge.dtype = tensor.dtype();
  edge.sizes = tensor.sizes();
  Meta* state = meta(tensor);
  if (state && state->grad_fn) {
    edge.node = state->grad_fn;
    edge.slot = state->slot;
  } else {
    edge.leaf = Ref(tensor.impl());
  }
  return edge;
}

bool Backward::needs(int input) const {
  const Edge& edge = node_.edges()[static_cast<size_t>(input)];
  return edge.wanted() && sink_.needs(edge);
}

void Backward::set(int input, Tensor grad) {
  const Edge& edge = node_.edges()[static_cast<size_t>(input)];
  if (grad && edge.wanted() && sink_.needs(edge))
    sink_.deliver(node_, input, edge, std::move(grad));
}

void Backward::once_differentiable() const {
  check<NotImplemented>(!grad_enabled, node_.name(),
                        "cannot be differentiated twice yet: backward with create_graph=True");
}

Node::Node(const char* name, int output_count)
    : name_(name),
      sequence_(next_sequence.fetch_add(1, std::memory_order_relaxed)),
      output_count_(output_count) {
  if (anomaly_enabled && describe_caller) [[unlikely]]
    recorded_at = describe_caller();
}

Hooks& Node::hooks(int slot) {
  if (hooks_.empty()) hooks_.resize(static_cast<size_t>(output_count_));
  return hooks_[static_cast<size_t>(slot)];
}

// Deleting a node may drop the last reference to its predecessor, and so on for as long as the
// graph is deep; a queue turns that recursion into a loop.
void Node::dispose() noexcept {
  thread_local std::vector<Node*> doomed;
  thread_local bool draining = false;
  doomed.push_back(this);
  if (draining) return;
  draining = true;
  while (!doomed.empty()) {
    Node* node = doomed.back();
    doomed.pop_back();
    delete node;
  }
  draining = false;
}

Tensor Saved::get(Backward& backward) const {
  const uint32_t now = tensor_->storage->version();
  check<StateError>(now == version_, backward.node().name(), "a tensor of shape ", tensor_.sizes(),
                    " saved for the backward pass was changed "
                    "in place since: it is at version ",
                    now, ", expected version ", version_);
  if (slot_ < 0 || !grad_enabled) return tensor_;
  Tensor tensor = detach(tensor_);
  attach(tensor, Ref(&backward.node()), slot_);
  return tensor;
}

void attach(const Tensor& out, Ref<Node> node, int slot) {
  Meta& state = ensure_meta(out);
  if (state.retains) {  // the new history keeps the gradient from now on
    if (state.grad_fn) std::erase(state.grad_fn->retained, &state);
    node->retained.push_back(&state);
  }
  state.grad_fn = std::move(node);
  state.slot = slot;
  out->requires_grad = true;
}

}  // namespace lamina::autograd

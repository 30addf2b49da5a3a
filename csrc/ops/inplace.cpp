#include "ops/inplace.h"

#include "ops/copy.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Edge;
using autograd::Meta;
using autograd::Node;

// The history of a base after one of its views was changed: the gradient outside the view's window
// passes through, the window's own goes through the op that changed it.
class WindowNode final : public Node {
 public:
  WindowNode(Ref<Node> change, const Tensor& base, const Tensor& view)
      : Node(change->name(), 1),
        change_(std::move(change)),
        sizes_(view.sizes()),
        strides_(view.strides()),
        offset_(view->offset - base->offset) {
    check<NotImplemented>(base.contiguous(), name(),
                          "cannot record a change to a view of a tensor that is not contiguous");
    edges_.push_back(autograd::edge_to(base));
    const auto inner = change_->edges();
    edges_.insert(edges_.end(), inner.begin() + 1, inner.end());
  }

  void apply(Backward& backward) override {
    const Tensor grad = clone(backward.grad());
    const Tensor in_window = as_strided(grad, sizes_, strides_, grad->offset + offset_);
    Inner sink(backward);
    const Tensor grad_out = clone(in_window);
    Backward inner(*change_, std::span(&grad_out, 1), sink);
    change_->apply(inner);
    if (sink.grad_target)
      copy_(in_window, sink.grad_target);
    else
      zero_(in_window);
    backward.set(0, grad);
  }

  void free_saved() override { change_->free_saved(); }
  std::span<Edge> edges() override { return edges_; }

 private:
  // Keeps the gradient of the old window, passes the others on.
  struct Inner final : autograd::Sink {
    explicit Inner(Backward& backward) : outer(backward) {}
    bool needs(const Edge&) const override { return true; }
    void deliver(const Node&, int input, const Edge& edge, Tensor grad) override {
      if (input > 0) {
        outer.set(input, std::move(grad));
        return;
      }
      if (grad.sizes() != edge.sizes) grad = expand(grad, edge.sizes);
      grad_target = std::move(grad);
    }
    Backward& outer;
    Tensor grad_target;
  };

  Ref<Node> change_;
  std::vector<Edge> edges_;
  Dims sizes_;
  Dims strides_;
  int64_t offset_;
};

// Gives a view the history "window of its base as it is now".
void rebuild_history(const Tensor& view) {
  Meta& state = *autograd::meta(view);
  const Tensor base = state.base;
  state.generation = autograd::ensure_meta(base).generation;
  if (!autograd::requires_grad(base)) return;
  record_window(view, base);
}

}  // namespace

void check_inplace(const char* op, const Tensor& target) {
  check_writable(op, target);
  for (int d = 0; d < target.ndim(); ++d)
    check(target.stride(d) != 0 || target.size(d) <= 1 || target.count() == 0, op,
          "expected a tensor whose elements are apart in memory; one of shape ", target.sizes(),
          " was expanded: clone() it first");
  if (!autograd::grad_enabled || !autograd::requires_grad(target)) return;
  const Meta* state = autograd::meta(target);
  check<StateError>(state && state->grad_fn, op,
                    "a leaf tensor that requires grad cannot be changed in place; use no_grad()");
  if (state->base) {
    const Meta* base = autograd::meta(state->base);
    check<StateError>(!state->base->requires_grad || (base && base->grad_fn), op,
                      "a view of a leaf tensor that requires grad cannot be changed in place; use "
                      "no_grad()");
  }
}

void finish_inplace(const Tensor& target, Ref<Node> node) {
  bump_version(target);
  if (!node) return;
  Meta& state = autograd::ensure_meta(target);
  if (!state.base) {
    autograd::attach(target, std::move(node));
    ++state.generation;
    return;
  }
  const Tensor base = state.base;
  autograd::attach(base, Ref<Node>(new WindowNode(std::move(node), base, target)));
  ++autograd::meta(base)->generation;
  rebuild_history(target);
}

void refresh_view(const Tensor& view) {
  const Meta& state = *autograd::meta(view);
  if (state.generation != autograd::ensure_meta(state.base).generation) rebuild_history(view);
}

void track_view(const Tensor& view, const Tensor& base) {
  if (!autograd::grad_enabled) return;
  Meta& state = autograd::ensure_meta(view);
  const Meta* above = autograd::meta(base);
  state.base = above && above->base ? above->base : base;
  state.generation = autograd::ensure_meta(state.base).generation;
}

}  // namespace lamina

#include "autograd/engine.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace lamina::autograd {

namespace {

// Does nobody else hold this tensor or its memory, so that it may be kept or changed?
bool exclusive(const Tensor& tensor) {
  return tensor->use_count() == 1 && tensor->storage->use_count() == 1;
}

struct Pending {
  Ref<Node> node;
  std::vector<Tensor> grads;  // one per output
};

// A place whose gradient the caller asked for.
struct Target {
  const void* owner;  // a node, or a leaf
  int slot;
  bool operator==(const Target&) const = default;
};
Target target_of(const Edge& edge) {
  return edge.node ? Target{edge.node.get(), edge.slot} : Target{edge.leaf.get(), 0};
}

class Walk final : public Sink {
 public:
  Walk(std::span<const Tensor> inputs, bool collect, const BackwardOptions& options)
      : options_(options), collect_(collect), results_(inputs.size()) {
    for (const Tensor& input : inputs) targets_.push_back(target_of(edge_to(input)));
  }

  void start(const Tensor& root, Tensor grad) {
    const Edge edge = edge_to(root);
    if (!targets_.empty()) find_needed(edge);
    if (needs(edge)) deliver_to(edge, std::move(grad));
  }

  // Every consumer of a node was made after it, so the newest pending node has all its gradients.
  // The leaves come last, each with its whole sum.
  void run() {
    while (!pending_.empty()) {
      Pending next = std::move(pending_.begin()->second);
      pending_.erase(pending_.begin());
      visit(next);
    }
    for (auto& [leaf, sum] : leaves_) finish_leaf(Tensor(leaf), std::move(sum));
  }

  bool needs(const Edge& edge) const override {
    if (targets_.empty()) return true;
    return is_target(target_of(edge)) || (edge.node && needed_.contains(edge.node.get()));
  }

  void deliver(const Node& from, int input, const Edge& edge, Tensor grad) override {
    if (grad.sizes() != edge.sizes || grad.dtype() != edge.dtype)
      grad = arithmetic.sum_to(grad, edge.sizes, edge.dtype);
    if (anomaly_enabled) check_nan(from, input, grad);
    deliver_to(edge, std::move(grad));
  }

  std::vector<Tensor> take_results() { return std::move(results_); }

 private:
  void visit(Pending& next) {
    Node& node = *next.node;
    if (node.has_hooks())
      for (int slot = 0; slot < node.output_count(); ++slot) {
        Tensor& grad = next.grads[static_cast<size_t>(slot)];
        if (grad) grad = node.hooks(slot).apply(std::move(grad));
      }
    for (Meta* state : node.retained)
      if (const Tensor& grad = next.grads[static_cast<size_t>(state->slot)])
        accumulate(state->grad, grad);
    for (int slot = 0; slot < node.output_count(); ++slot)
      collect({&node, slot}, next.grads[static_cast<size_t>(slot)]);
    if (!targets_.empty() && !needed_.contains(&node)) return;
    check<StateError>(!node.freed, "backward", "the values saved by '", node.name(),
                      "' were freed by an earlier backward "
                      "pass; pass retain_graph=True to the first one to go through twice");
    Backward context(node, next.grads, *this);
    node.apply(context);
    if (!options_.retain_graph) {
      node.freed = true;
      node.free_saved();
    }
  }

  void deliver_to(const Edge& edge, Tensor grad) {
    merge(edge.leaf ? leaf_sum(edge.leaf) : node_sum(edge), std::move(grad));
  }

  Tensor& node_sum(const Edge& edge) {
    Pending& pending = pending_[edge.node->sequence()];
    if (!pending.node) {
      pending.node = edge.node;
      pending.grads.resize(static_cast<size_t>(edge.node->output_count()));
    }
    return pending.grads[static_cast<size_t>(edge.slot)];
  }

  Tensor& leaf_sum(const Ref<TensorImpl>& leaf) {
    const auto [place, added] = leaf_places_.try_emplace(leaf.get(), leaves_.size());
    if (added) leaves_.emplace_back(leaf, Tensor());
    return leaves_[place->second].second;
  }

  void finish_leaf(const Tensor& leaf, Tensor grad) {
    Meta& state = ensure_meta(leaf);
    grad = state.hooks.apply(std::move(grad));
    if (collect({leaf.impl(), 0}, grad)) return;
    if (leaf_observer) leaf_observer->grad_will_change(leaf);
    accumulate(state.grad, std::move(grad));
  }

  void merge(Tensor& sum, Tensor grad) {
    if (!sum) {
      sum = std::move(grad);
    } else if (!options_.create_graph && exclusive(sum) && sum.contiguous()) {
      arithmetic.add_into(sum, grad);
    } else {
      sum = arithmetic.add(sum, grad);
    }
  }

  // A leaf's grad is the user's: it must own its memory, and in-place accumulation keeps its
  // identity.
  void accumulate(Tensor& sum, Tensor grad) {
    if (sum && !options_.create_graph) {
      arithmetic.add_into(sum, grad);
    } else if (sum) {
      sum = arithmetic.add(sum, grad);
    } else {
      const bool keep = options_.create_graph || (exclusive(grad) && grad.contiguous());
      sum = keep ? std::move(grad) : arithmetic.copy(grad);
    }
  }

  bool is_target(const Target& place) const {
    return std::find(targets_.begin(), targets_.end(), place) != targets_.end();
  }

  // Adds to the results asked for; true if the caller collects and this place is one of them.
  bool collect(const Target& place, const Tensor& grad) {
    bool found = false;
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (!(targets_[i] == place) || !grad) continue;
      found = true;
      if (collect_) merge(results_[i], grad);
    }
    return found && collect_;
  }

  // Marks the nodes from which a target can be reached.
  void find_needed(const Edge& root) {
    std::vector<std::pair<Node*, size_t>> path;
    if (root.node && seen_.insert(root.node.get()).second) path.emplace_back(root.node.get(), 0);
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == node->edges().size()) {
        path.pop_back();
        continue;
      }
      const Edge& edge = node->edges()[next++];
      if (!edge.wanted()) continue;
      const bool hit = is_target(target_of(edge)) || needed_.contains(edge.node.get());
      // Whatever lies under a marked node of the path was marked together with it.
      if (hit)
        for (size_t i = path.size(); i-- > 0 && needed_.insert(path[i].first).second;) {
        }
      if (edge.node && seen_.insert(edge.node.get()).second) path.emplace_back(edge.node.get(), 0);
    }
  }

  static void check_nan(const Node& from, int input, const Tensor& grad) {
    if (arithmetic.has_nan(grad))
      fail<StateError>("detect_anomaly", "the backward of '", from.name(),
                       "' returned NaN for input ", input, " of shape ", grad.sizes(),
                       from.recorded_at.empty() ? "" : "; its forward call was made here:\n",
                       from.recorded_at);
  }

  BackwardOptions options_;
  bool collect_;
  std::vector<Tensor> results_;
  std::vector<Target> targets_;
  std::map<uint64_t, Pending, std::greater<>> pending_;
  std::vector<std::pair<Ref<TensorImpl>, Tensor>> leaves_;
  std::unordered_map<const TensorImpl*, size_t> leaf_places_;
  std::unordered_set<const Node*> needed_;
  std::unordered_set<const Node*> seen_;
};

Tensor initial_gradient(const Tensor& root, const Tensor& grad) {
  check<StateError>(requires_grad(root), "backward",
                    "expected a tensor that requires grad; got one of shape ", root.sizes(),
                    " that has no history (what compiled functions return has none: call "
                    "backward() within them)");
  if (!grad) {
    check<StateError>(root.count() == 1, "backward",
                      "expected a gradient, as the output is not a single number; its shape is ",
                      root.sizes());
    return arithmetic.ones_like(root);
  }
  check(grad.sizes() == root.sizes(), "backward", "expected a gradient of shape ", root.sizes(),
        "; got ", grad.sizes());
  return grad;
}

std::vector<Tensor> walk(std::span<const Tensor> roots, std::span<const Tensor> grads,
                         std::span<const Tensor> inputs, bool collect,
                         const BackwardOptions& options) {
  Walk walk(inputs, collect, options);
  const Scoped mode(grad_enabled, options.create_graph);
  for (size_t i = 0; i < roots.size(); ++i)
    walk.start(roots[i], initial_gradient(roots[i], i < grads.size() ? grads[i] : Tensor()));
  walk.run();
  return walk.take_results();
}

}  // namespace

void backward(std::span<const Tensor> roots, std::span<const Tensor> grads,
              std::span<const Tensor> inputs, const BackwardOptions& options) {
  walk(roots, grads, inputs, false, options);
}

std::vector<Tensor> grad(std::span<const Tensor> roots, std::span<const Tensor> grads,
                         std::span<const Tensor> inputs, const BackwardOptions& options) {
  for (const Tensor& input : inputs)
    check<StateError>(requires_grad(input), "grad",
                      "expected inputs that require grad; got one of shape ", input.sizes(),
                      " that does not");
  return walk(roots, grads, inputs, true, options);
}

}  // namespace lamina::autograd

// Gradients from Python: backward, hooks, switches, and nodes whose way back is a Python function.
#include "autograd/engine.h"
#include "bindings/bind.h"
#include "bindings/slots.h"
#include "ops/inplace.h"

PYBIND11_DECLARE_HOLDER_TYPE(T, lamina::Ref<T>, true)

namespace lamina::bindings {

namespace {

using autograd::Backward;
using autograd::BackwardOptions;
using autograd::Edge;
using autograd::Node;

// The way back of a lamina.autograd.Function: calls Python with one gradient (or None) per output.
class FunctionNode final : public Node {
 public:
  FunctionNode(std::string name, py::function way_back, const std::vector<Tensor>& inputs,
               int outputs)
      : Node("Function", outputs), own_name_(std::move(name)), way_back_(std::move(way_back)) {
    for (const Tensor& input : inputs) edges_.push_back(autograd::edge_to(input));
  }

  const char* name() const override { return own_name_.c_str(); }

  void apply(Backward& backward) override {
    py::tuple grads(output_count());
    for (int i = 0; i < output_count(); ++i) grads[static_cast<size_t>(i)] = backward.grad(i);
    const py::sequence results = way_back_(Ref<Node>(this), grads);
    check<StateError>(results.size() == edges_.size(), name(), "expected backward() to return ",
                      edges_.size(), " gradients, one for each input; got ", results.size());
    for (size_t i = 0; i < edges_.size(); ++i) deliver(backward, i, results[i]);
  }

  void free_saved() override { way_back_ = py::none(); }
  std::span<Edge> edges() override { return edges_; }

 private:
  void deliver(Backward& backward, size_t i, const py::object& result) {
    if (result.is_none() || !backward.needs(static_cast<int>(i))) return;
    check<TypeError>(is_tensor(result.ptr()), name(),
                     "expected gradients that are tensors or None");
    const Tensor grad = unwrap(result.ptr());
    check(broadcast(name(), grad.sizes(), edges_[i].sizes) == grad.sizes(), name(),
          "expected a gradient of shape ", edges_[i].sizes, " for input ", i, "; got ",
          grad.sizes());
    backward.set(static_cast<int>(i), grad);
  }

  std::string own_name_;
  py::object way_back_;
  std::vector<Edge> edges_;
};

Ref<Node> attach_function(const std::string& name, const py::function& way_back,
                          const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs,
                          const std::vector<Tensor>& changed) {
  Ref<Node> node(new FunctionNode(name, way_back, inputs, static_cast<int>(outputs.size())));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (is_floating(outputs[i].dtype())) autograd::attach(outputs[i], node, static_cast<int>(i));
  for (const Tensor& tensor : changed) bump_version(tensor);
  return node;
}

std::vector<Tensor> tensors_or_none(const std::optional<std::vector<std::optional<Tensor>>>& list) {
  std::vector<Tensor> tensors;
  if (list)
    for (const auto& tensor : *list) tensors.push_back(tensor.value_or(Tensor()));
  return tensors;
}

using MaybeTensors = std::optional<std::vector<std::optional<Tensor>>>;

void run_backward(const std::vector<Tensor>& tensors, const MaybeTensors& gradients,
                  std::optional<bool> retain_graph, bool create_graph,
                  const std::vector<Tensor>& inputs) {
  autograd::backward(tensors, tensors_or_none(gradients), inputs,
                     {retain_graph.value_or(create_graph), create_graph});
}

std::vector<Tensor> run_grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                             const MaybeTensors& gradients, std::optional<bool> retain_graph,
                             bool create_graph) {
  return autograd::grad(outputs, tensors_or_none(gradients), inputs,
                        {retain_graph.value_or(create_graph), create_graph});
}

// Hooks live in the node that made the tensor, or in the tensor itself if it is a leaf.
autograd::Hooks& hooks_of(const Tensor& tensor) {
  check<StateError>(autograd::requires_grad(tensor), "register_hook",
                    "expected a tensor that requires grad");
  autograd::Meta& meta = autograd::ensure_meta(tensor);
  return meta.grad_fn ? meta.grad_fn->hooks(meta.slot) : meta.hooks;
}

int64_t add_hook(const Tensor& tensor, const py::function& hook) {
  return hooks_of(tensor).add([hook](const Tensor& grad) {
    const py::object result = hook(grad);
    check<TypeError>(result.is_none() || is_tensor(result.ptr()), "register_hook",
                     "expected the hook to return a tensor or None");
    return result.is_none() ? Tensor() : unwrap(result.ptr());
  });
}

void retain_grad(const Tensor& tensor) {
  check<StateError>(autograd::requires_grad(tensor), "retain_grad",
                    "expected a tensor that requires grad");
  autograd::Meta& meta = autograd::ensure_meta(tensor);
  if (!meta.grad_fn || meta.retains) return;
  meta.retains = tensor.impl();
  meta.grad_fn->retained.push_back(&meta);
}

py::object grad_fn(const Tensor& tensor) {
  if (!autograd::requires_grad(tensor)) return py::none();
  const autograd::Meta* meta = autograd::meta(tensor);
  return meta && meta->grad_fn ? py::cast(meta->grad_fn) : py::none();
}

// (node, slot) of each input; (None, 0) where no gradient goes.
py::tuple next_functions(Node& node) {
  py::list result;
  for (const Edge& edge : node.edges())
    result.append(py::make_tuple(edge.node ? py::cast(edge.node) : py::none(), edge.slot));
  return py::tuple(result);
}

std::string python_stack() {
  const py::object lines = py::module_::import("traceback").attr("format_stack")();
  return py::str("").attr("join")(lines).cast<std::string>();
}

std::string user_line() {
  const py::object package = py::module_::import("lamina").attr("__path__")[py::int_(0)];
  const py::list stack = py::module_::import("traceback").attr("extract_stack")();
  for (size_t i = stack.size(); i-- > 0;) {
    const py::object file = stack[i].attr("filename");
    if (file.attr("startswith")(package).cast<bool>()) continue;
    return py::str("{}:{} ({})").format(file, stack[i].attr("lineno"), stack[i].attr("line"));
  }
  return "unknown";
}

void bind_nodes(py::module_& m) {
  py::class_<Node, Ref<Node>>(m, "Node", "The way back of one recorded op.")
      .def("name", &Node::name)
      .def_property_readonly("next_functions", &next_functions)
      .def("__repr__", [](const Node& node) { return "<" + std::string(node.name()) + ">"; });
  function(m, "_attach_function", &attach_function, py::arg("name"), py::arg("way_back"),
           py::arg("inputs"), py::arg("outputs"), py::arg("changed"),
           "Gives outputs the history of a Function; way_back(node, grads) returns gradients.");
  function(
      m, "_reattach",
      [](const Ref<Node>& node, const Tensor& tensor, int slot) {
        const Tensor again = detach(tensor);
        if (autograd::grad_enabled) autograd::attach(again, node, slot);
        return again;
      },
      py::arg("node"), py::arg("tensor"), py::arg("slot"),
      "A saved output of a Function, with its history if gradients are recorded.");
}

void bind_switches(py::module_& m) {
  function(m, "is_grad_enabled", [] { return autograd::grad_enabled; });
  function(
      m, "_set_grad_enabled", [](bool mode) { return std::exchange(autograd::grad_enabled, mode); },
      py::arg("mode"), "Sets whether ops are recorded and returns what it was.");
  function(m, "is_anomaly_enabled", [] { return autograd::anomaly_enabled; });
  function(
      m, "_set_anomaly_enabled",
      [](bool mode) { return std::exchange(autograd::anomaly_enabled, mode); }, py::arg("mode"),
      "Sets whether gradients are checked for NaN and returns what it was.");
}

}  // namespace

void require_grad(const Tensor& tensor, bool value) {
  check<StateError>(!value || is_floating(tensor.dtype()), "requires_grad",
                    "expected a floating tensor; got one of type ", name(tensor.dtype()));
  const autograd::Meta* meta = autograd::meta(tensor);
  check<StateError>(value || !meta || !meta->grad_fn, "requires_grad",
                    "a tensor with a history requires grad; use detach()");
  tensor->requires_grad = value;
}

void bind_autograd(py::module_& m) {
  describe_caller = &python_stack;
  locate_caller = &user_line;
  bind_nodes(m);
  bind_switches(m);
  function(m, "_backward", &run_backward, py::arg("tensors"), py::arg("gradients"),
           py::arg("retain_graph"), py::arg("create_graph"), py::arg("inputs"));
  function(m, "_grad", &run_grad, py::arg("outputs"), py::arg("inputs"), py::arg("gradients"),
           py::arg("retain_graph"), py::arg("create_graph"));
  method(
      "backward",
      [](const Tensor& self, const std::optional<Tensor>& gradient,
         std::optional<bool> retain_graph, bool create_graph,
         const std::optional<std::vector<Tensor>>& inputs) {
        const Tensor grad = gradient.value_or(Tensor());
        autograd::backward(std::span(&self, 1), std::span(&grad, 1),
                           inputs ? std::span<const Tensor>(*inputs) : std::span<const Tensor>(),
                           {retain_graph.value_or(create_graph), create_graph});
      },
      py::arg("gradient") = py::none(), py::arg("retain_graph") = py::none(),
      py::arg("create_graph") = false, py::arg("inputs") = py::none());
  method(
      "requires_grad_",
      [](const py::object& self, bool requires_grad) {
        require_grad(unwrap(self.ptr()), requires_grad);
        return self;
      },
      py::arg("requires_grad") = true);
  op(m, "detach", &detach, py::arg("input"));
  method("detach_", [](const py::object& self) {
    const Tensor tensor = unwrap(self.ptr());
    tensor->autograd.reset();
    tensor->requires_grad = false;
    return self;
  });
  method("_add_hook", &add_hook, py::arg("hook"));
  method(
      "_remove_hook", [](const Tensor& self, int64_t id) { hooks_of(self).remove(id); },
      py::arg("id"));
  method("retain_grad", &retain_grad);
  detail::tensor_class().attr("grad_fn") =
      py::module_::import("builtins").attr("property")(py::cpp_function(&grad_fn));
  detail::tensor_class().attr("retains_grad") =
      py::module_::import("builtins").attr("property")(py::cpp_function([](const Tensor& self) {
        const autograd::Meta* meta = autograd::meta(self);
        return meta && meta->retains;
      }));
}

}  // namespace lamina::bindings

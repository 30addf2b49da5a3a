// Functions of optimizer in lamina._core._optim.
#include "ops/optimizer.h"

#include "autograd/node.h"
#include "bindings/bind.h"
#include "ops/gradients.h"

namespace lamina::bindings {

namespace {

// A param group and the state beside it, as Python holds them.
struct Group {
  py::dict group;
  py::dict state;   // of all groups, by parameter
  py::tuple keys;   // of the arrays and scalars that the rule wants; None for an array it lacks
  py::object init;  // init(group, param) makes what is missing in a parameter's state

  // The parameters that have a gradient.
  std::vector<UpdateRow> rows(const UpdateRule& rule) const {
    const int wanted = rule.arrays + rule.scalars;
    check(static_cast<int>(keys.size()) == wanted, rule.name, "expected ", wanted, " keys; got ",
          keys.size());
    const py::list params = group["params"];
    std::vector<UpdateRow> result;
    result.reserve(params.size());
    for (const py::handle param : params) {
      check<TypeError>(is_tensor(param.ptr()), rule.name, "expected parameters to be tensors");
      UpdateRow row{unwrap(param.ptr()), {}, {}};
      row.grad = autograd::grad_of(row.param);
      if (!row.grad) continue;
      if (!fill(row, param)) {
        init(group, param);
        check<StateError>(fill(row, param), rule.name, "expected a state with tensors ",
                          py::repr(keys).cast<std::string>());
      }
      result.push_back(std::move(row));
    }
    return result;
  }

 private:
  // False if something is missing.
  bool fill(UpdateRow& row, py::handle param) const {
    PyObject* own = nullptr;
    for (size_t k = 0; k < keys.size(); ++k) {
      PyObject* key = PyTuple_GET_ITEM(keys.ptr(), k);
      if (key == Py_None) continue;
      if (!own) own = PyDict_GetItemWithError(state.ptr(), param.ptr());
      PyObject* value = own && PyDict_Check(own) ? PyDict_GetItemWithError(own, key) : nullptr;
      if (PyErr_Occurred()) throw py::error_already_set();
      if (!value || !is_tensor(value)) return false;
      row.state[k] = unwrap(value);
    }
    return true;
  }
};

void bind_rule(py::module_& optim, const UpdateRule& rule) {
  function(
      optim, rule.name,
      [&rule](const py::dict& group, const py::dict& state, const py::tuple& keys,
              const py::object& init, const Tensor& hyper) {
        check(
            hyper.count() == rule.hypers && hyper.dtype() == DType::kFloat64 && hyper.contiguous(),
            rule.name, "expected ", rule.hypers, " hyper-parameters of type float64; got shape ",
            hyper.sizes(), " and type ", name(hyper.dtype()));
        const auto rows = Group{group, state, keys, init}.rows(rule);
        if (!rows.empty()) rule.update(rows, hyper);
      },
      py::arg("group"), py::arg("state"), py::arg("keys"), py::arg("init"), py::arg("hyper"));
}

// Not a launch: what a captured step reads from `hyper` is set anew before each replay.
void set_hyper(const Tensor& hyper, const std::vector<double>& values) {
  check(hyper.dtype() == DType::kFloat64 && hyper.contiguous() &&
            hyper.count() == static_cast<int64_t>(values.size()),
        "set_hyper", "expected a float64 tensor of ", values.size(), " numbers; got shape ",
        hyper.sizes());
  std::ranges::copy(values, hyper.data<double>());
}

}  // namespace

void bind_optimizer(py::module_& optim) {
  for (const UpdateRule& rule : update_rules()) bind_rule(optim, rule);
  function(optim, "total_norm", &total_norm, py::arg("tensors"), py::arg("norm_type") = 2.0,
           "The norm of all tensors as one vector; norm_type is 1, 2 or infinity.");
  function(optim, "scale", &scale_all, py::arg("tensors"), py::arg("factor"),
           "Multiplies all tensors by a tensor of one number, in place.");
  function(optim, "set_hyper", &set_hyper, py::arg("hyper"), py::arg("values"));
}

}  // namespace lamina::bindings

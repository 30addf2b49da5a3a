// The arguments and results of a compiled function: nests of tuples, lists and dicts with tensors
// in them.
#pragma once

#include <vector>

#include "autograd/node.h"
#include "bindings/casters.h"

namespace lamina::bindings {

// The tensors and the shape of a nest of tuples, lists and dicts. Every other leaf belongs to the
// shape.
class Tree {
 public:
  static bool is_branch(const py::handle& object) {
    return PyTuple_CheckExact(object.ptr()) || PyList_CheckExact(object.ptr()) ||
           PyDict_CheckExact(object.ptr());
  }

  // Calls f(tensor) on each tensor and puts what it returns in its place.
  template <class F>
  static py::object map(const py::handle& object, F& f) {
    if (is_tensor(object.ptr())) return f(unwrap(object.ptr()));
    if (!is_branch(object)) return py::reinterpret_borrow<py::object>(object);
    if (PyDict_CheckExact(object.ptr())) {
      py::dict result;
      for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(object))
        result[key] = map(value, f);
      return result;
    }
    py::list items;
    for (const py::handle item : object) items.append(map(item, f));
    return PyTuple_CheckExact(object.ptr()) ? py::object(py::tuple(items)) : py::object(items);
  }
};

// Which tensor arguments may be others in the next call.
struct Exchange {
  bool all;  // else those that need no gradient

  bool operator()(const Tensor& tensor) const { return all || !autograd::requires_grad(tensor); }
};

// Does a call fit a recorded one? Collects the tensors that take the place of the recorded ones.
bool match(const py::handle& recorded, const py::handle& given, Exchange exchangeable,
           std::vector<Tensor>& tensors);

}  // namespace lamina::bindings

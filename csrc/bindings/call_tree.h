// The arguments and results of a compiled function: nests of tuples, lists and dicts with tensors
// in them.
#pragma once

#include <vector>

#include "autograd/node.h"
#include "bindings/casters.h"

namespace lamina::bindings {

// The tensors and the shape of a nest of tuples, named or not, lists and dicts. Every other leaf
// belongs to the shape.
class Tree {
 public:
  static bool is_branch(const py::handle& object) {
    return PyTuple_CheckExact(object.ptr()) || PyList_CheckExact(object.ptr()) ||
           PyDict_Check(object.ptr()) || is_named_tuple(object);
  }

  // Calls f(tensor) on each tensor and puts what it returns in its place.
  template <class F>
  static py::object map(const py::handle& object, F& f) {
    if (is_tensor(object.ptr())) return f(unwrap(object.ptr()));
    if (!is_branch(object)) return py::reinterpret_borrow<py::object>(object);
    if (PyDict_Check(object.ptr())) return map_dict(object, f);
    py::list items;
    for (const py::handle item : object) items.append(map(item, f));
    if (PyList_CheckExact(object.ptr())) return items;
    if (PyTuple_CheckExact(object.ptr())) return py::tuple(items);
    return py::type::of(object).attr("_make")(items);
  }

 private:
  static bool is_named_tuple(const py::handle& object) {
    return PyTuple_Check(object.ptr()) && py::hasattr(object, "_make");
  }

  template <class F>
  static py::object map_dict(const py::handle& object, F& f) {
    // A copy is of its class, and in its order.
    const py::object result = PyDict_CheckExact(object.ptr())
                                  ? py::object(py::dict())
                                  : py::module_::import("copy").attr("copy")(object);
    for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(object))
      result[key] = map(value, f);
    return result;
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

#include "bindings/call_tree.h"

namespace lamina::bindings {

namespace {

bool alike(const Tensor& recorded, const Tensor& given, Exchange exchangeable) {
  if (!exchangeable(given)) return recorded.same(given);
  return exchangeable(recorded) && recorded.dtype() == given.dtype() &&
         recorded.sizes() == given.sizes() && recorded.strides() == given.strides();
}

// What cannot be compared differs.
bool equal(const py::handle& recorded, const py::handle& given) {
  if (recorded.is(given)) return true;
  const int result = PyObject_RichCompareBool(recorded.ptr(), given.ptr(), Py_EQ);
  if (result < 0) PyErr_Clear();
  return result == 1;
}

}  // namespace

bool match(const py::handle& recorded, const py::handle& given, Exchange exchangeable,
           std::vector<Tensor>& tensors) {
  if (is_tensor(recorded.ptr())) {
    if (!is_tensor(given.ptr())) return false;
    const Tensor tensor = unwrap(given.ptr());
    if (!alike(unwrap(recorded.ptr()), tensor, exchangeable)) return false;
    if (exchangeable(tensor)) tensors.push_back(tensor);
    return true;
  }
  if (Py_TYPE(recorded.ptr()) != Py_TYPE(given.ptr())) return false;
  if (!Tree::is_branch(recorded)) return equal(recorded, given);
  if (py::len(recorded) != py::len(given)) return false;
  if (PyDict_Check(recorded.ptr())) {
    for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(recorded)) {
      PyObject* other = PyDict_GetItem(given.ptr(), key.ptr());
      if (!other || !match(value, other, exchangeable, tensors)) return false;
    }
    return true;
  }
  PyObject** left = PySequence_Fast_ITEMS(recorded.ptr());
  PyObject** right = PySequence_Fast_ITEMS(given.ptr());
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(recorded.ptr()); ++i)
    if (!match(left[i], right[i], exchangeable, tensors)) return false;
  return true;
}

}  // namespace lamina::bindings

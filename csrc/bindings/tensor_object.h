// The Python type Tensor: a thin object around a handle, written against the C API because creating
// and unpacking it is the cost of every small op. Methods are added to it by the other files of
// this folder.
#pragma once

#include <Python.h>

#include "core/tensor.h"

namespace lamina::bindings {

struct TensorObject {
  PyObject_HEAD TensorImpl* impl;  // owned; never null once constructed
  PyObject* weak_references;
};

extern PyTypeObject* tensor_type;
extern PyTypeObject* size_type;

// Makes the types; null with a Python error set on failure.
PyTypeObject* make_tensor_type();
PyTypeObject* make_size_type();

inline bool is_tensor(PyObject* object) {
  return Py_TYPE(object) == tensor_type || PyObject_TypeCheck(object, tensor_type);
}
inline Tensor unwrap(PyObject* object) {
  return Tensor(Ref(reinterpret_cast<TensorObject*>(object)->impl));
}
// A new reference to the one Python object of this tensor; None for an empty handle.
PyObject* wrap(const Tensor& tensor);
// The same as an instance of a subclass; the tensor must not have an object yet.
PyObject* wrap_as(PyTypeObject* type, const Tensor& tensor);
// A Size, the tuple that shapes are returned as.
PyObject* size_tuple(const Dims& dims);

// Sets the Python error for the C++ exception that is being handled.
void set_python_error();

// Runs a getter or slot body and turns C++ exceptions into Python ones.
template <class F>
PyObject* guarded(F&& body) {
  try {
    return body();
  } catch (...) {
    set_python_error();
    return nullptr;
  }
}

}  // namespace lamina::bindings

// Python values as tensors: numbers, nested sequences of them, and objects that offer a buffer.
// Which function takes which of these does not belong here.
#pragma once

#include <optional>

#include "bindings/casters.h"

namespace lamina::bindings {

// A new tensor of the values, of type `dtype` or of the narrowest type that holds them all.
Tensor tensor_of(const char* op, PyObject* data, std::optional<DType> dtype);

// A tensor on the memory of a NumPy array or another object with a buffer; empty if it has none of
// our types. Strides that are negative or not whole elements are a ValueError.
Tensor borrow_buffer(const char* op, PyObject* array);
// The same, but empty for strides that a tensor cannot have.
Tensor borrow_if_possible(const char* op, PyObject* array);

// A tensor on foreign memory of these sizes and strides (in elements); `owner` is released with it,
// also on failure.
Tensor borrow_memory(const char* op, void* data, const Dims& sizes, const Dims& strides,
                     DType dtype, bool writable, void* owner, void (*release)(void* owner));

// Fails, naming the type of data that no tensor can hold.
[[noreturn]] void refuse_data(const char* op, PyObject* data);

// Whether an attribute is there, without making NumPy compute its value.
inline bool has_type_attribute(PyObject* object, const char* name) {
  return PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), name);
}

// The letter of the struct module for an element type.
const char* buffer_format(DType dtype);

}  // namespace lamina::bindings

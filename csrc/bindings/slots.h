// The parts of the Tensor type that stand in files of their own.
#pragma once

#include <Python.h>

#include <vector>

#include "core/tensor.h"

namespace lamina::bindings {

// Tensor(...): sizes, data, or another tensor, as PyTorch's legacy constructor takes them.
PyObject* construct_tensor(PyTypeObject* type, PyObject* args, PyObject* kwargs);
// Arithmetic, comparison and conversion protocols.
void add_operator_slots(std::vector<PyType_Slot>& slots);
// The buffer protocol.
void add_buffer_slots(std::vector<PyType_Slot>& slots);
// The setter of requires_grad.
void require_grad(const Tensor& tensor, bool value);

}  // namespace lamina::bindings

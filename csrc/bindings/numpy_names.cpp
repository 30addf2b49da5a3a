// NumPy's names of arguments, which PyTorch takes as well: axis for dim, keepdims for keepdim.
#include <cstring>

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

using Dispatcher = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

Dispatcher dispatch = nullptr;  // pybind11's, one for all functions

const char* other_name(PyObject* name) {
  if (PyUnicode_CompareWithASCIIString(name, "axis") == 0) return "dim";
  if (PyUnicode_CompareWithASCIIString(name, "keepdims") == 0) return "keepdim";
  return nullptr;
}

PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  bool found = false;
  const Py_ssize_t total = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < total; ++i) found |= !!other_name(PyTuple_GET_ITEM(keywords, i));
  if (!found) return dispatch(self, args, count, keywords);
  const auto renamed = py::reinterpret_steal<py::object>(PyTuple_New(total));
  if (!renamed) return nullptr;
  for (Py_ssize_t i = 0; i < total; ++i) {
    PyObject* name = PyTuple_GET_ITEM(keywords, i);
    const char* other = other_name(name);
    PyTuple_SET_ITEM(renamed.ptr(), i, other ? PyUnicode_InternFromString(other) : Py_NewRef(name));
  }
  return dispatch(self, args, count, renamed.ptr());
}

void rename_in(PyObject* object) {
  PyObject* target =
      PyInstanceMethod_Check(object) ? PyInstanceMethod_GET_FUNCTION(object) : object;
  if (!PyCFunction_Check(target)) return;
  PyMethodDef* definition = reinterpret_cast<PyCFunctionObject*>(target)->m_ml;
  const char* text = definition->ml_doc;
  if (definition->ml_flags != (METH_FASTCALL | METH_KEYWORDS) || !text) return;
  if (!std::strstr(text, "dim: ") && !std::strstr(text, "keepdim: ")) return;
  const auto own = reinterpret_cast<Dispatcher>(reinterpret_cast<void (*)()>(definition->ml_meth));
  if (own == &call) return;
  dispatch = own;
  definition->ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call));
}

}  // namespace

void accept_numpy_names(const py::module_& m) {
  for (PyObject* names : {py::object(m.attr("__dict__")).ptr(), tensor_type->tp_dict}) {
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(names, &position, &key, &value)) rename_in(value);
  }
}

}  // namespace lamina::bindings

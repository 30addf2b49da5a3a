#include "bindings/casters.h"

#include "bindings/python_data.h"
#include "ops/elementwise.h"

namespace lamina::bindings {

namespace {

// A NumPy scalar or 0-d array as a Python number; null if the object is neither. Reads the
// attribute rather than the NumPy headers, so that no NumPy version is compiled in.
py::object numpy_number(PyObject* object) {
  if (!has_type_attribute(object, "dtype") || !has_type_attribute(object, "item")) return {};
  const py::handle handle(object);
  if (is_tensor(object) || !py::isinstance<py::tuple>(handle.attr("shape")) ||
      py::len(handle.attr("shape")) != 0)
    return {};
  py::object value = handle.attr("item")();
  return PyBool_Check(value.ptr()) || PyLong_Check(value.ptr()) || PyFloat_Check(value.ptr())
             ? value
             : py::object();
}

bool load_integer(PyObject* object, int64_t& value) {
  int overflow = 0;
  value = PyLong_AsLongLongAndOverflow(object, &overflow);
  check<ValueError>(overflow == 0, "number", "expected an integer of 64 bits; got a larger one");
  return true;
}

}  // namespace

bool load_number(PyObject* object, Number& number) {
  if (PyFloat_Check(object)) {
    number = {Category::kFloating, 0, PyFloat_AS_DOUBLE(object)};
    return true;
  }
  if (PyBool_Check(object)) {
    number = {Category::kBool, object == Py_True, 0};
    return true;
  }
  if (PyLong_Check(object)) {
    number.category = Category::kInteger;
    return load_integer(object, number.integer);
  }
  if (PyTuple_Check(object) || PyList_Check(object) || PyUnicode_Check(object) || object == Py_None)
    return false;
  const py::object value = numpy_number(object);
  return value && load_number(value.ptr(), number);
}

Tensor Number::tensor(DType type) const {
  return category == Category::kFloating ? scalar(real, type) : scalar(integer, type);
}

bool load_operand(PyObject* object, const Tensor& other, Tensor& operand) {
  if (is_tensor(object)) {
    operand = unwrap(object);
    return true;
  }
  Number number;
  if (load_number(object, number)) {
    operand = number.tensor(number.dtype_beside(other.dtype()));
    return true;
  }
  if (has_type_attribute(object, "__array_interface__")) {
    operand =
        py::cast<Tensor>(py::module_::import("lamina._core").attr("as_tensor")(py::handle(object)));
    return true;
  }
  return false;
}

bool load_dims(PyObject* object, Dims& dims) {
  dims = Dims();
  const auto add = [&dims](PyObject* item) {
    if (PyBool_Check(item) || PyFloat_Check(item)) return false;
    if (!PyLong_Check(item) && !PyIndex_Check(item)) return false;
    const py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(item));
    if (!index) {
      PyErr_Clear();
      return false;
    }
    int64_t value = 0;
    load_integer(index.ptr(), value);
    dims.push_back(value);
    return true;
  };
  if (!PyTuple_Check(object) && !PyList_Check(object)) return add(object);
  PyObject** items = PySequence_Fast_ITEMS(object);
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i)
    if (!add(items[i])) return false;
  return true;
}

}  // namespace lamina::bindings

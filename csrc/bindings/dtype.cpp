// The Python objects for element types, lamina.float32 and its kin, and what may stand for them.
#include <array>

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

struct DTypeObject {
  DType dtype;
};

std::array<PyObject*, kDTypeCount> objects{};

struct Alias {
  const char* name;
  DType dtype;
};
constexpr Alias kAliases[] = {
    {"float", DType::kFloat32},
    {"double", DType::kFloat64},
    {"long", DType::kInt64},
    {"int", DType::kInt32},
};

// float, int and bool as PyTorch reads them; NumPy's types and dtypes by name.
bool load_foreign(PyObject* object, DType& dtype) {
  if (object == reinterpret_cast<PyObject*>(&PyFloat_Type)) return dtype = DType::kFloat64, true;
  if (object == reinterpret_cast<PyObject*>(&PyLong_Type)) return dtype = DType::kInt64, true;
  if (object == reinterpret_cast<PyObject*>(&PyBool_Type)) return dtype = DType::kBool, true;
  const py::handle handle(object);
  const py::object own_name =
      py::getattr(handle, "name", py::getattr(handle, "__name__", py::none()));
  if (!py::isinstance<py::str>(own_name) || py::isinstance<py::str>(handle)) return false;
  const std::string text = own_name.cast<std::string>();
  for (int i = 0; i < kDTypeCount; ++i)
    if (text == name(static_cast<DType>(i)) || (text == "bool_" && i == 0))
      return dtype = static_cast<DType>(i), true;
  return false;
}

}  // namespace

PyObject* dtype_object(DType dtype) { return objects[static_cast<size_t>(dtype)]; }

bool load_dtype(PyObject* object, DType& dtype) {
  for (int i = 0; i < kDTypeCount; ++i)
    if (objects[static_cast<size_t>(i)] == object) return dtype = static_cast<DType>(i), true;
  return object != Py_None && load_foreign(object, dtype);
}

void bind_dtype(py::module_& m) {
  py::class_<DTypeObject>(m, "dtype", "The type of a tensor's elements.")
      .def_property_readonly("is_floating_point",
                             [](const DTypeObject& self) { return is_floating(self.dtype); })
      .def_property_readonly("is_complex", [](const DTypeObject&) { return false; })
      .def_property_readonly("is_signed",
                             [](const DTypeObject& self) { return self.dtype >= DType::kInt32; })
      .def_property_readonly("itemsize",
                             [](const DTypeObject& self) { return item_size(self.dtype); })
      .def_property_readonly("name", [](const DTypeObject& self) { return name(self.dtype); })
      .def("__reduce__", [](const DTypeObject& self) { return std::string(name(self.dtype)); })
      .def("__repr__",
           [](const DTypeObject& self) { return "lamina." + std::string(name(self.dtype)); });
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    py::object object = py::cast(DTypeObject{dtype});
    objects[static_cast<size_t>(i)] = object.ptr();
    m.attr(std::string(name(dtype)).c_str()) = object;
    object.release();  // the table keeps it for the life of the process
  }
  for (const Alias& alias : kAliases) m.attr(alias.name) = py::handle(dtype_object(alias.dtype));
  function(
      m, "get_default_dtype", [] { return default_dtype(); },
      "The type that floats are made in when nothing else decides.");
  function(m, "set_default_dtype", [](DType dtype) { set_default_dtype(dtype); }, py::arg("d"));
  function(
      m, "promote_types", [](DType a, DType b) { return promote(a, b); }, py::arg("type1"),
      py::arg("type2"));
}

}  // namespace lamina::bindings

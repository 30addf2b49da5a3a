// How Python values become the arguments of ops, and back: tensors, shapes, element types, plain
// numbers.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <vector>

#include "bindings/tensor_object.h"
#include "core/tensor.h"

namespace lamina::bindings {

namespace py = pybind11;

// A Python bool, int or float, or a NumPy scalar.
struct Number {
  Category category = Category::kFloating;
  int64_t integer = 0;
  double real = 0;

  double as_double() const {
    return category == Category::kFloating ? real : static_cast<double>(integer);
  }
  int64_t as_int() const {
    return category == Category::kFloating ? static_cast<int64_t>(real) : integer;
  }
  // The type a tensor made of it alone has.
  DType dtype() const {
    if (category == Category::kFloating) return default_dtype();
    return category == Category::kInteger ? DType::kInt64 : DType::kBool;
  }
  // The type it takes beside a tensor: the tensor's, unless the number's category is higher.
  DType dtype_beside(DType other) const {
    return category > lamina::category(other) ? dtype() : other;
  }
  Tensor tensor(DType type) const;
};

// False, with no Python error set, if the object is not a number.
bool load_number(PyObject* object, Number& number);
// An operand beside `other`: a tensor, a number, or a NumPy array; false if it is none of these.
bool load_operand(PyObject* object, const Tensor& other, Tensor& operand);
bool load_dims(PyObject* object, Dims& dims);
bool load_dtype(PyObject* object, DType& dtype);
// input ** exponent; integers stay integers.
Tensor power(const Tensor& input, const Number& exponent);
// Borrowed: lamina.float32 and the like.
PyObject* dtype_object(DType dtype);

}  // namespace lamina::bindings

namespace pybind11::detail {

template <>
struct type_caster<lamina::Tensor> {
  PYBIND11_TYPE_CASTER(lamina::Tensor, const_name("lamina.Tensor"));
  bool load(handle source, bool) {
    if (!lamina::bindings::is_tensor(source.ptr())) return false;
    value = lamina::bindings::unwrap(source.ptr());
    return true;
  }
  static handle cast(const lamina::Tensor& tensor, return_value_policy, handle) {
    return lamina::bindings::wrap(tensor);
  }
};

template <>
struct type_caster<lamina::Dims> {
  PYBIND11_TYPE_CASTER(lamina::Dims, io_name("int | collections.abc.Sequence[int]", "lamina.Size"));
  bool load(handle source, bool) { return lamina::bindings::load_dims(source.ptr(), value); }
  static handle cast(const lamina::Dims& dims, return_value_policy, handle) {
    return lamina::bindings::size_tuple(dims);
  }
};

template <>
struct type_caster<lamina::DType> {
  PYBIND11_TYPE_CASTER(lamina::DType, const_name("lamina.dtype"));
  bool load(handle source, bool) { return lamina::bindings::load_dtype(source.ptr(), value); }
  static handle cast(lamina::DType dtype, return_value_policy, handle) {
    return Py_NewRef(lamina::bindings::dtype_object(dtype));
  }
};

template <>
struct type_caster<lamina::bindings::Number> {
  PYBIND11_TYPE_CASTER(lamina::bindings::Number, const_name("float"));
  bool load(handle source, bool) { return lamina::bindings::load_number(source.ptr(), value); }
};

}  // namespace pybind11::detail

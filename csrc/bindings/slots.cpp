// Python's operator protocols on tensors.
#include "bindings/slots.h"

#include "bindings/casters.h"
#include "exec/launch.h"
#include "ops/elementwise.h"
#include "ops/linalg.h"

namespace lamina::bindings {

namespace {

// Calls f(a, b) with both operands as tensors; NotImplemented if one is of a foreign kind.
template <class F>
PyObject* with_operands(PyObject* left, PyObject* right, F&& f) {
  return guarded([&]() -> PyObject* {
    Tensor a, b;
    if (is_tensor(left)) {
      a = unwrap(left);
      if (!load_operand(right, a, b)) Py_RETURN_NOTIMPLEMENTED;
    } else {
      b = unwrap(right);
      if (!load_operand(left, b, a)) Py_RETURN_NOTIMPLEMENTED;
    }
    return wrap(f(a, b));
  });
}

template <BinaryOp kOp>
PyObject* binary_slot(PyObject* left, PyObject* right) {
  return with_operands(left, right,
                       [](const Tensor& a, const Tensor& b) { return binary(kOp, a, b); });
}

template <BinaryOp kOp>
PyObject* inplace_slot(PyObject* self, PyObject* other) {
  return guarded([&]() -> PyObject* {
    const Tensor a = unwrap(self);
    Tensor b;
    if (!load_operand(other, a, b)) Py_RETURN_NOTIMPLEMENTED;
    binary_(kOp, a, b);
    return Py_NewRef(self);
  });
}

PyObject* power_slot(PyObject* base, PyObject* exponent, PyObject*) {
  return guarded([&]() -> PyObject* {
    Number number;
    if (is_tensor(base) && load_number(exponent, number)) {
      const Tensor x = unwrap(base);
      return wrap(power(x, number));
    }
    return binary_slot<BinaryOp::pow>(base, exponent);
  });
}

PyObject* matmul_slot(PyObject* left, PyObject* right) {
  return with_operands(left, right, [](const Tensor& a, const Tensor& b) { return matmul(a, b); });
}

template <UnaryOp kOp>
PyObject* unary_slot(PyObject* self) {
  return guarded([&] { return wrap(unary(kOp, unwrap(self))); });
}

PyObject* positive_slot(PyObject* self) { return Py_NewRef(self); }

PyObject* invert_slot(PyObject* self) {
  return guarded([&] {
    const Tensor x = unwrap(self);
    check<TypeError>(!is_floating(x.dtype()), "bitwise_not",
                     "expected an integer or bool tensor; got ", name(x.dtype()));
    if (x.dtype() == DType::kBool)
      return wrap(compare(CompareOp::eq, x, scalar(int64_t{0}, DType::kBool)));
    return wrap(bitwise_xor(x, scalar(int64_t{-1}, x.dtype())));
  });
}

PyObject* compare_slot(PyObject* left, PyObject* right, int operation) {
  static constexpr CompareOp kOps[] = {CompareOp::lt, CompareOp::le, CompareOp::eq,
                                       CompareOp::ne, CompareOp::gt, CompareOp::ge};
  return with_operands(left, right, [operation](const Tensor& a, const Tensor& b) {
    return compare(kOps[operation], a, b);
  });
}

Number only_value(const Tensor& x, const char* what) {
  check(x.count() == 1, what, "expected a tensor of one element; got shape ", x.sizes());
  exec::value_read(what);
  Number number;
  number.category = category(x.dtype());
  visit(x.dtype(), [&]<class T>() {
    const T value = *x.data<T>();
    number.real = static_cast<double>(value);
    if constexpr (!std::is_floating_point_v<T>) number.integer = static_cast<int64_t>(value);
  });
  return number;
}

PyObject* to_python(const Number& number) {
  if (number.category == Category::kFloating) return PyFloat_FromDouble(number.real);
  if (number.category == Category::kInteger) return PyLong_FromLongLong(number.integer);
  return PyBool_FromLong(number.integer != 0);
}

PyObject* item(PyObject* self, PyObject*) {
  return guarded([&] { return to_python(only_value(unwrap(self), "item")); });
}

int bool_slot(PyObject* self) {
  try {
    const Number number = only_value(unwrap(self), "bool");
    return number.as_double() != 0;
  } catch (...) {
    set_python_error();
    return -1;
  }
}

PyObject* float_slot(PyObject* self) {
  return guarded([&] { return PyFloat_FromDouble(only_value(unwrap(self), "float").as_double()); });
}

PyObject* int_slot(PyObject* self) {
  return guarded([&]() -> PyObject* {
    const Number number = only_value(unwrap(self), "int");
    if (number.category == Category::kFloating) return PyLong_FromDouble(number.real);
    return PyLong_FromLongLong(number.integer);
  });
}

PyObject* index_slot(PyObject* self) {
  return guarded([&]() -> PyObject* {
    const Tensor x = unwrap(self);
    check<TypeError>(x.count() == 1 && !is_floating(x.dtype()), "index",
                     "only integer tensors of one element can be used as an index; got shape ",
                     x.sizes(), " of type ", name(x.dtype()));
    const Number number = only_value(x, "index");
    return PyLong_FromLongLong(number.integer);
  });
}

Py_ssize_t length_slot(PyObject* self) {
  const TensorImpl* impl = reinterpret_cast<TensorObject*>(self)->impl;
  if (impl->sizes.size() == 0) {
    PyErr_SetString(PyExc_TypeError, "[len] a 0-d tensor has no length");
    return -1;
  }
  return impl->sizes[0];
}

Py_hash_t hash_slot(PyObject* self) {
  return static_cast<Py_hash_t>(reinterpret_cast<intptr_t>(self) >> 4);
}

PyMethodDef kMethods[] = {
    {"item", item, METH_NOARGS,
     "item(self) -> int | float | bool\n\nThe value of a tensor of one element."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void add_operator_slots(std::vector<PyType_Slot>& slots) {
  const auto add = [&](int id, auto function) {
    slots.push_back({id, reinterpret_cast<void*>(function)});
  };
  add(Py_nb_add, binary_slot<BinaryOp::add>);
  add(Py_nb_subtract, binary_slot<BinaryOp::sub>);
  add(Py_nb_multiply, binary_slot<BinaryOp::mul>);
  add(Py_nb_true_divide, binary_slot<BinaryOp::div>);
  add(Py_nb_floor_divide, binary_slot<BinaryOp::floor_divide>);
  add(Py_nb_remainder, binary_slot<BinaryOp::remainder>);
  add(Py_nb_and, binary_slot<BinaryOp::bitwise_and>);
  add(Py_nb_or, binary_slot<BinaryOp::bitwise_or>);
  add(Py_nb_xor, binary_slot<BinaryOp::bitwise_xor>);
  add(Py_nb_power, power_slot);
  add(Py_nb_matrix_multiply, matmul_slot);
  add(Py_nb_inplace_add, inplace_slot<BinaryOp::add>);
  add(Py_nb_inplace_subtract, inplace_slot<BinaryOp::sub>);
  add(Py_nb_inplace_multiply, inplace_slot<BinaryOp::mul>);
  add(Py_nb_inplace_true_divide, inplace_slot<BinaryOp::div>);
  add(Py_nb_inplace_floor_divide, inplace_slot<BinaryOp::floor_divide>);
  add(Py_nb_inplace_remainder, inplace_slot<BinaryOp::remainder>);
  add(Py_nb_inplace_and, inplace_slot<BinaryOp::bitwise_and>);
  add(Py_nb_inplace_or, inplace_slot<BinaryOp::bitwise_or>);
  add(Py_nb_inplace_xor, inplace_slot<BinaryOp::bitwise_xor>);
  add(Py_nb_negative, unary_slot<UnaryOp::neg>);
  add(Py_nb_absolute, unary_slot<UnaryOp::abs>);
  add(Py_nb_positive, positive_slot);
  add(Py_nb_invert, invert_slot);
  add(Py_nb_bool, bool_slot);
  add(Py_nb_float, float_slot);
  add(Py_nb_int, int_slot);
  add(Py_nb_index, index_slot);
  add(Py_mp_length, length_slot);
  add(Py_tp_richcompare, compare_slot);
  add(Py_tp_hash, hash_slot);
  slots.push_back({Py_tp_methods, kMethods});
}

}  // namespace lamina::bindings

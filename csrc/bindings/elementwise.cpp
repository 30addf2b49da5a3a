// Elementwise functions. Those of one tensor bypass pybind11: they are the smallest ops, and the
// list writes them.
#include "ops/elementwise.h"
#include "bindings/bind.h"
#include "ops/copy.h"

namespace lamina::bindings {

namespace {

template <class F>
PyObject* on_tensor(const char* name, PyObject* object, F&& f) {
  try {
    check<TypeError>(is_tensor(object), name, "expected a tensor; got ", Py_TYPE(object)->tp_name);
    return f(unwrap(object));
  } catch (...) {
    set_python_error();
    return nullptr;
  }
}

#define UNARY(name, formula, saves, on_integers)                                               \
  PyObject* function_##name(PyObject*, PyObject* x) {                                          \
    return on_tensor(#name, x, [](const Tensor& t) { return wrap(unary(UnaryOp::name, t)); }); \
  }                                                                                            \
  PyObject* method_##name(PyObject* x, PyObject*) { return function_##name(nullptr, x); }      \
  PyObject* inplace_##name(PyObject* x, PyObject*) {                                           \
    return on_tensor(#name "_", x, [x](const Tensor& t) {                                      \
      unary_(UnaryOp::name, t);                                                                \
      return Py_NewRef(x);                                                                     \
    });                                                                                        \
  }
#include "kernels/unary.def"
#undef UNARY

PyMethodDef kFunctions[] = {
#define UNARY(name, formula, saves, on_integers) \
  {#name, function_##name, METH_O, #name "(input: lamina.Tensor) -> lamina.Tensor\n"},
#include "kernels/unary.def"
#undef UNARY
};
PyMethodDef kMethods[] = {
#define UNARY(name, formula, saves, on_integers)                          \
  {#name, method_##name, METH_NOARGS, #name "(self) -> lamina.Tensor\n"}, \
      {#name "_", inplace_##name, METH_NOARGS, #name "_(self) -> lamina.Tensor\n"},
#include "kernels/unary.def"
#undef UNARY
};

Tensor operand(const char* name, const py::handle& object, const Tensor& other) {
  Tensor result;
  check<TypeError>(load_operand(object.ptr(), other, result), name,
                   "expected a tensor or a number; got ", Py_TYPE(object.ptr())->tp_name);
  return result;
}

// other * alpha, as add and sub take it.
Tensor scaled_operand(const char* name, const py::handle& object, const Tensor& other,
                      const Number& alpha) {
  Tensor result = operand(name, object, other);
  if (alpha.as_double() == 1) return result;
  check<TypeError>(alpha.category != Category::kFloating || is_floating(result_type(result, other)),
                   name, "expected an integer alpha for integer tensors");
  return mul(result, alpha.tensor(alpha.dtype_beside(result.dtype())));
}

template <BinaryOp kOp>
void bind_scaled_binary(py::module_& m, const char* name, const char* name_) {
  op(
      m, name,
      [name](const Tensor& input, const py::object& other, const Number& alpha) {
        return binary(kOp, input, scaled_operand(name, other, input, alpha));
      },
      py::arg("input"), py::arg("other"), py::kw_only(), py::arg("alpha") = 1);
  method(
      name_,
      [name_](const py::object& self, const py::object& other, const Number& alpha) {
        const Tensor input = unwrap(self.ptr());
        binary_(kOp, input, scaled_operand(name_, other, input, alpha));
        return self;
      },
      py::arg("other"), py::kw_only(), py::arg("alpha") = 1);
}

template <BinaryOp kOp>
void bind_binary(py::module_& m, const char* name, const char* name_) {
  op(
      m, name,
      [name](const Tensor& input, const py::object& other) {
        return binary(kOp, input, operand(name, other, input));
      },
      py::arg("input"), py::arg("other"));
  method(
      name_,
      [name_](const py::object& self, const py::object& other) {
        const Tensor input = unwrap(self.ptr());
        binary_(kOp, input, operand(name_, other, input));
        return self;
      },
      py::arg("other"));
}

using RoundingMode = std::optional<std::string>;

Tensor divide(const Tensor& a, const Tensor& b, const RoundingMode& rounding_mode) {
  if (!rounding_mode) return div(a, b);
  if (*rounding_mode == "floor") return floor_divide(a, b);
  check(*rounding_mode == "trunc", "div",
        "expected a rounding_mode of None, 'trunc' or 'floor'; got '", *rounding_mode, "'");
  if (is_floating(result_type(a, b))) return trunc(div(a, b));
  return floor_divide(a - fmod(a, b), b);
}

void bind_div(py::module_& m) {
  op(
      m, "div",
      [](const Tensor& input, const py::object& other, const RoundingMode& rounding_mode) {
        return divide(input, operand("div", other, input), rounding_mode);
      },
      py::arg("input"), py::arg("other"), py::kw_only(), py::arg("rounding_mode") = py::none());
  method(
      "div_",
      [](const py::object& self, const py::object& other, const RoundingMode& rounding_mode) {
        const Tensor input = unwrap(self.ptr());
        const Tensor divisor = operand("div_", other, input);
        if (rounding_mode)
          copy_(input, divide(clone(input), divisor, rounding_mode));
        else
          binary_(BinaryOp::div, input, divisor);
        return self;
      },
      py::arg("other"), py::kw_only(), py::arg("rounding_mode") = py::none());
}

void bind_pow(py::module_& m) {
  op(m, "pow", &power, py::arg("input"), py::arg("exponent"));
  op(
      m, "pow",
      [](const Tensor& input, const Tensor& exponent) {
        return binary(BinaryOp::pow, input, exponent);
      },
      py::arg("input"), py::arg("exponent"));
  function(
      m, "pow",
      [](const Number& base, const Tensor& exponent) {
        return binary(BinaryOp::pow, base.tensor(base.dtype_beside(exponent.dtype())), exponent);
      },
      py::arg("input"), py::arg("exponent"));
  method(
      "pow_",
      [](const py::object& self, const py::object& exponent) {
        const Tensor input = unwrap(self.ptr());
        binary_(BinaryOp::pow, input, operand("pow_", exponent, input));
        return self;
      },
      py::arg("exponent"));
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Bound = std::optional<Number>;

// Integers keep their exact bounds by way of maximum and minimum.
Tensor clamp_numbers(const Tensor& input, const Bound& low, const Bound& high) {
  check(low || high, "clamp", "expected min or max; got neither");
  if (is_floating(input.dtype()))
    return scaled(ScaledOp::clamp, input, low ? low->as_double() : -kInfinity,
                  high ? high->as_double() : kInfinity);
  Tensor result = input;
  if (low) result = maximum(result, low->tensor(low->dtype_beside(input.dtype())));
  if (high) result = minimum(result, high->tensor(high->dtype_beside(input.dtype())));
  return result;
}

Tensor clamp_tensors(const Tensor& input, const std::optional<Tensor>& low,
                     const std::optional<Tensor>& high) {
  check(low || high, "clamp", "expected min or max; got neither");
  Tensor result = input;
  if (low) result = maximum(result, *low);
  if (high) result = minimum(result, *high);
  return result;
}

void copy_fitting(const char* op, const Tensor& target, const Tensor& result) {
  check<TypeError>(is_floating(target.dtype()) || !is_floating(result.dtype()), op,
                   "expected bounds that fit ", lamina::name(target.dtype()), "; got ",
                   lamina::name(result.dtype()));
  copy_(target, result);
}

void bind_clamp(py::module_& m, const char* name, const char* name_) {
  op(m, name, &clamp_numbers, py::arg("input"), py::arg("min") = py::none(),
     py::arg("max") = py::none());
  op(m, name, &clamp_tensors, py::arg("input"), py::arg("min") = py::none(),
     py::arg("max") = py::none());
  method(
      name_,
      [name_](const py::object& self, const Bound& low, const Bound& high) {
        const Tensor input = unwrap(self.ptr());
        if (is_floating(input.dtype()) && (low || high))
          scaled_(ScaledOp::clamp, input, low ? low->as_double() : -kInfinity,
                  high ? high->as_double() : kInfinity);
        else
          copy_fitting(name_, input, clamp_numbers(input, low, high));
        return self;
      },
      py::arg("min") = py::none(), py::arg("max") = py::none());
  method(
      name_,
      [name_](const py::object& self, const std::optional<Tensor>& low,
              const std::optional<Tensor>& high) {
        const Tensor input = unwrap(self.ptr());
        // The way back needs the old value, which is about to be overwritten.
        copy_fitting(name_, input, clamp_tensors(clone(input), low, high));
        return self;
      },
      py::arg("min") = py::none(), py::arg("max") = py::none());
}

Tensor nan_to_num(const Tensor& input, double nan, std::optional<double> posinf,
                  std::optional<double> neginf) {
  if (!is_floating(input.dtype())) return clone(input);
  const double largest = input.dtype() == DType::kFloat32
                             ? static_cast<double>(std::numeric_limits<float>::max())
                             : std::numeric_limits<double>::max();
  return scaled(ScaledOp::nan_to_num, input, nan, posinf.value_or(largest),
                neginf.value_or(-largest));
}

Tensor as_mask(const Tensor& condition) {
  return condition.dtype() == DType::kBool || condition.dtype() == DType::kUInt8
             ? cast(condition, DType::kBool)
             : condition;
}

// Either side may be a number, which takes the other's type.
Tensor where_operands(const Tensor& condition, const py::object& input, const py::object& other) {
  const Tensor mask = as_mask(condition);
  if (is_tensor(input.ptr())) {
    const Tensor a = unwrap(input.ptr());
    return where(mask, a, operand("where", other, a));
  }
  if (is_tensor(other.ptr())) {
    const Tensor b = unwrap(other.ptr());
    return where(mask, operand("where", input, b), b);
  }
  const auto a = input.cast<Number>(), b = other.cast<Number>();
  const DType dtype = a.category >= b.category ? a.dtype() : b.dtype();
  return where(mask, a.tensor(dtype), b.tensor(dtype));
}

}  // namespace

Tensor power(const Tensor& input, const Number& exponent) {
  if (is_floating(input.dtype())) return pow(input, exponent.as_double());
  check(exponent.category == Category::kFloating || exponent.integer >= 0, "pow",
        "integers to negative powers are not integers; got exponent ", exponent.integer);
  return binary(BinaryOp::pow, input, exponent.tensor(exponent.dtype_beside(input.dtype())));
}

void bind_elementwise(py::module_& m) {
  for (PyMethodDef& definition : kFunctions)
    m.attr(definition.ml_name) = py::reinterpret_steal<py::object>(
        PyCFunction_NewEx(&definition, nullptr, py::str("lamina._core").ptr()));
  for (PyMethodDef& definition : kMethods)
    detail::tensor_class().attr(definition.ml_name) =
        py::reinterpret_steal<py::object>(PyDescr_NewMethod(tensor_type, &definition));

  bind_scaled_binary<BinaryOp::add>(m, "add", "add_");
  bind_scaled_binary<BinaryOp::sub>(m, "sub", "sub_");
  bind_binary<BinaryOp::mul>(m, "mul", "mul_");
  bind_binary<BinaryOp::maximum>(m, "maximum", "maximum_");
  bind_binary<BinaryOp::minimum>(m, "minimum", "minimum_");
  bind_binary<BinaryOp::fmod>(m, "fmod", "fmod_");
  bind_binary<BinaryOp::remainder>(m, "remainder", "remainder_");
  bind_binary<BinaryOp::floor_divide>(m, "floor_divide", "floor_divide_");
  bind_binary<BinaryOp::atan2>(m, "atan2", "atan2_");
  bind_binary<BinaryOp::logaddexp>(m, "logaddexp", "logaddexp_");
  bind_binary<BinaryOp::bitwise_and>(m, "bitwise_and", "bitwise_and_");
  bind_binary<BinaryOp::bitwise_or>(m, "bitwise_or", "bitwise_or_");
  bind_binary<BinaryOp::bitwise_xor>(m, "bitwise_xor", "bitwise_xor_");
  bind_binary<BinaryOp::div>(m, "true_divide", "true_divide_");
  bind_div(m);
  bind_pow(m);
  bind_clamp(m, "clamp", "clamp_");
  bind_clamp(m, "clip", "clip_");
  op(m, "nan_to_num", &nan_to_num, py::arg("input"), py::arg("nan") = 0.0,
     py::arg("posinf") = py::none(), py::arg("neginf") = py::none());
#define COMPARE(name, expression)                                             \
  op(                                                                         \
      m, #name,                                                               \
      [](const Tensor& input, const py::object& other) {                      \
        return compare(CompareOp::name, input, operand(#name, other, input)); \
      },                                                                      \
      py::arg("input"), py::arg("other"));
#include "kernels/compare.def"
#undef COMPARE
  function(m, "where", &where_operands, py::arg("condition"), py::arg("input"), py::arg("other"));
  method(
      "where",
      [](const Tensor& self, const Tensor& condition, const py::object& other) {
        return where(as_mask(condition), self, operand("where", other, self));
      },
      py::arg("condition"), py::arg("other"));
  function(
      m, "result_type", [](const Tensor& a, const Tensor& b) { return result_type(a, b); },
      py::arg("tensor1"), py::arg("tensor2"));
}

}  // namespace lamina::bindings

// Making tensors: from Python data, and of given sizes. Random values stand in random.cpp.
#include <cmath>

#include "bindings/factory.h"
#include "bindings/python_data.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/view.h"

namespace lamina::bindings {

namespace {

using MaybeDType = std::optional<DType>;

// A number or a tensor of one element.
Number number_of(const char* op, const py::object& value) {
  const py::object plain = is_tensor(value.ptr()) ? value.attr("item")() : value;
  Number number;
  check<TypeError>(load_number(plain.ptr(), number), op, "expected a number; got ",
                   Py_TYPE(plain.ptr())->tp_name);
  return number;
}

// ---- of given sizes ----

struct FamilyNames {
  const char* plain;
  const char* like;
  const char* fresh;
};

// zeros(), zeros_like() and Tensor.new_zeros(), and their kin.
void bind_family(py::module_& m, FamilyNames names, Tensor (*make)(const Dims&, DType)) {
  factory<py::args, py::object>(
      m, names.plain,
      [=](const py::args& args, const py::object& size, MaybeDType dtype) {
        return make(new_sizes(names.plain, args, size), dtype.value_or(default_dtype()));
      },
      py::arg("size") = py::none());
  factory<Tensor>(
      m, names.like,
      [=](const Tensor& like, MaybeDType dtype) {
        return make(like.sizes(), dtype.value_or(like.dtype()));
      },
      py::arg("input"), py::kw_only());
  factory_method<Tensor, py::args, py::object>(
      names.fresh,
      [=](const Tensor& self, const py::args& args, const py::object& size, MaybeDType dtype) {
        return make(new_sizes(names.fresh, args, size), dtype.value_or(self.dtype()));
      },
      py::arg("size") = py::none());
}

Tensor make_full(const char* op, const Dims& sizes, const py::object& fill_value,
                 MaybeDType dtype) {
  element_count(op, sizes);
  const Number value = number_of(op, fill_value);
  const DType type = dtype.value_or(value.dtype());
  return value.category == Category::kFloating ? full(sizes, value.real, type)
                                               : full(sizes, value.integer, type);
}

void bind_full(py::module_& m) {
  factory<Dims, py::object>(
      m, "full",
      [](const Dims& size, const py::object& fill_value, MaybeDType dtype) {
        return make_full("full", size, fill_value, dtype);
      },
      py::arg("size"), py::arg("fill_value"), py::kw_only());
  const auto alike = [](const Tensor& like, const py::object& fill_value, MaybeDType dtype) {
    return make_full("full_like", like.sizes(), fill_value, dtype.value_or(like.dtype()));
  };
  factory<Tensor, py::object>(m, "full_like", alike, py::arg("input"), py::arg("fill_value"),
                              py::kw_only());
  const auto fresh = [](const Tensor& self, const Dims& size, const py::object& fill_value,
                        MaybeDType dtype) {
    return make_full("new_full", size, fill_value, dtype.value_or(self.dtype()));
  };
  factory_method<Tensor, Dims, py::object>("new_full", fresh, py::arg("size"),
                                           py::arg("fill_value"), py::kw_only());
  factory<py::object>(
      m, "scalar_tensor",
      [](const py::object& value, MaybeDType dtype) {
        return make_full("scalar_tensor", {}, value, dtype.value_or(default_dtype()));
      },
      py::arg("s"), py::kw_only());
}

Tensor eye(int64_t n, std::optional<int64_t> m, MaybeDType dtype) {
  check(n >= 0 && m.value_or(n) >= 0, "eye", "expected sizes that are not negative; got ", n,
        " and ", m.value_or(n));
  const Tensor out = zeros({n, m.value_or(n)}, dtype.value_or(default_dtype()));
  fill_(diagonal(out, 0, 0, 1), int64_t{1});
  return out;
}

// ---- ranges ----

int64_t range_length(double start, double end, double step) {
  check(std::isfinite(start) && std::isfinite(end), "arange", "expected finite bounds; got ", start,
        " and ", end);
  check(step != 0 && !std::isnan(step), "arange", "expected a step other than zero; got ", step);
  check((end >= start) == (step > 0) || end == start, "arange",
        "expected a step towards the end; got ", start, " to ", end, " by ", step);
  const double length = std::ceil((end - start) / step);
  check(length < 0x1p60, "arange", "expected at most 2^60 numbers; got ", length);
  return static_cast<int64_t>(length);
}

// Integers of any size stay exact, where doubles would round them.
Tensor integer_range(int64_t start, int64_t end, int64_t step, DType dtype) {
  range_length(static_cast<double>(start), static_cast<double>(end), static_cast<double>(step));
  const auto distance = static_cast<__int128>(end) - start;
  const auto length = static_cast<int64_t>((distance + step - (step > 0 ? 1 : -1)) / step);
  constexpr int64_t kExact = int64_t{1} << 53;
  if (std::abs(start) < kExact && std::abs(end) < kExact)
    return arange(static_cast<double>(start), static_cast<double>(step), length, dtype);
  const Tensor steps = arange(0, 1, length, DType::kInt64);
  const auto number = [](int64_t value) { return scalar(value, DType::kInt64); };
  return cast(add(mul(steps, number(step)), number(start)), dtype);
}

Tensor make_range(const py::object& from, const py::object& to, const py::object& by,
                  MaybeDType dtype) {
  const Number start = number_of("arange", from);
  const Number end = number_of("arange", to);
  const Number step = number_of("arange", by);
  const bool real = std::max({start.category, end.category, step.category}) == Category::kFloating;
  const DType type = dtype.value_or(real ? default_dtype() : DType::kInt64);
  check<TypeError>(type != DType::kBool, "arange", "expected a type of numbers; got bool");
  if (!real) return integer_range(start.as_int(), end.as_int(), step.as_int(), type);
  const int64_t length = range_length(start.as_double(), end.as_double(), step.as_double());
  return arange(start.as_double(), step.as_double(), length, type);
}

void bind_ranges(py::module_& m) {
  factory<py::object>(
      m, "arange",
      [](const py::object& end, MaybeDType dtype) {
        return make_range(py::int_(0), end, py::int_(1), dtype);
      },
      py::arg("end"), py::kw_only());
  factory<py::object, py::object, py::object>(m, "arange", &make_range, py::arg("start"),
                                              py::arg("end"), py::arg("step") = 1, py::kw_only());
  factory<int64_t, std::optional<int64_t>>(m, "eye", &eye, py::arg("n"), py::arg("m") = py::none(),
                                           py::kw_only());
}

// ---- from data ----

bool is_numpy_array(const py::object& object) {
  return PyObject_CheckBuffer(object.ptr()) && !is_tensor(object.ptr()) &&
         has_type_attribute(object.ptr(), "__array_interface__");
}

Tensor from_numpy(const py::object& array) {
  check<TypeError>(is_numpy_array(array), "from_numpy", "expected a NumPy array; got ",
                   Py_TYPE(array.ptr())->tp_name);
  const Tensor shared = borrow_buffer("from_numpy", array.ptr());
  if (!shared) refuse_data("from_numpy", array.ptr());
  return shared;
}

// On the memory of `data` where that is possible; empty otherwise.
Tensor shared(const char* op, const py::object& data, MaybeDType dtype) {
  Tensor same;
  if (is_tensor(data.ptr()))
    same = unwrap(data.ptr());
  else if (is_numpy_array(data))
    same = borrow_if_possible(op, data.ptr());
  return same && dtype.value_or(same.dtype()) == same.dtype() ? same : Tensor();
}

Tensor as_tensor(const py::object& data, MaybeDType dtype, const py::object& device) {
  check_device("as_tensor", device);
  if (is_tensor(data.ptr()) && dtype) return cast(unwrap(data.ptr()), *dtype);
  const Tensor same = shared("as_tensor", data, dtype);
  return same ? same : tensor_of("as_tensor", data.ptr(), dtype);
}

Tensor asarray(const py::object& data, MaybeDType dtype, const py::object& device,
               std::optional<bool> copy, bool requires_grad) {
  check_device("asarray", device);
  Tensor made = copy.value_or(false) ? Tensor() : shared("asarray", data, dtype);
  check(made || copy.value_or(true), "asarray", "expected data that can be shared; got ",
        Py_TYPE(data.ptr())->tp_name, ", which has to be copied");
  if (!made) made = tensor_of("asarray", data.ptr(), dtype);
  if (made->requires_grad && !requires_grad) made = detach(made);
  return finished("asarray", made, requires_grad);
}

// What the old constructors take: sizes, a Size, a tensor (whose memory is shared), or data.
Tensor legacy(const char* op, const py::args& args, DType dtype) {
  if (args.empty()) return empty({0}, dtype);
  const py::object first = args[0];
  if (args.size() > 1 || PyLong_Check(first.ptr()) || Py_TYPE(first.ptr()) == size_type)
    return empty(new_sizes(op, args), dtype);
  if (is_tensor(first.ptr())) return detach(unwrap(first.ptr()));
  check<TypeError>(!PyFloat_CheckExact(first.ptr()), op, "expected sizes or a sequence; got float");
  return tensor_of(op, first.ptr(), dtype);
}

void bind_legacy(py::module_& m) {
  constexpr std::pair<const char*, DType> kTypes[] = {
      {"FloatTensor", DType::kFloat32}, {"DoubleTensor", DType::kFloat64},
      {"LongTensor", DType::kInt64},    {"IntTensor", DType::kInt32},
      {"ByteTensor", DType::kUInt8},    {"BoolTensor", DType::kBool}};
  for (const auto& [op, dtype] : kTypes)
    function(m, op, [op = op, dtype = dtype](const py::args& args) {
      return cast(legacy(op, args, dtype), dtype);
    });
}

void bind_data(py::module_& m) {
  factory<py::object>(
      m, "tensor",
      [](const py::object& data, MaybeDType dtype) {
        return tensor_of("tensor", data.ptr(), dtype);
      },
      py::arg("data"), py::kw_only());
  factory_method<Tensor, py::object>(
      "new_tensor",
      [](const Tensor& self, const py::object& data, MaybeDType dtype) {
        return tensor_of("new_tensor", data.ptr(), dtype.value_or(self.dtype()));
      },
      py::arg("data"), py::kw_only());
  function(m, "as_tensor", &as_tensor, py::arg("data"), py::arg("dtype") = py::none(),
           py::arg("device") = py::none(),
           "The data as a tensor, without a copy where that is possible.");
  function(m, "asarray", &asarray, py::arg("obj"), py::kw_only(), py::arg("dtype") = py::none(),
           py::arg("device") = py::none(), py::arg("copy") = py::none(),
           py::arg("requires_grad") = false);
  function(m, "from_numpy", &from_numpy, py::arg("ndarray"),
           "A tensor on the memory of a NumPy array; read-only if the array is.");
}

}  // namespace

PyObject* construct_tensor(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  try {
    if (kwargs && PyDict_Size(kwargs) > 0) {
      const auto given = py::reinterpret_borrow<py::dict>(kwargs);
      check<TypeError>(given.size() == 1 && given.contains("device"), "Tensor",
                       "expected no keyword but device; got ", py::repr(given).cast<std::string>());
      check_device("Tensor", given["device"]);
    }
    return wrap_as(type, legacy("Tensor", py::reinterpret_borrow<py::args>(args), default_dtype()));
  } catch (...) {
    set_python_error();
    return nullptr;
  }
}

void bind_creation(py::module_& m) {
  bind_family(m, {"zeros", "zeros_like", "new_zeros"}, &zeros);
  bind_family(m, {"ones", "ones_like", "new_ones"},
              [](const Dims& sizes, DType dtype) { return full(sizes, int64_t{1}, dtype); });
  bind_family(m, {"empty", "empty_like", "new_empty"}, &empty);
  bind_full(m);
  bind_ranges(m);
  bind_data(m);
  bind_legacy(m);
}

}  // namespace lamina::bindings

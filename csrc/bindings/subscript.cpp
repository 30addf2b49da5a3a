#include "bindings/subscript.h"

#include <limits>

#include "ops/copy.h"
#include "ops/view.h"

namespace lamina::bindings {

namespace {

Tensor as_tensor(PyObject* object) {
  if (is_tensor(object)) return unwrap(object);
  return py::module_::import("lamina._core").attr("as_tensor")(py::handle(object)).cast<Tensor>();
}

// A bound of a slice, clipped to 64 bits as Python clips it; nothing for None.
std::optional<int64_t> parse_bound(PyObject* bound) {
  if (bound == Py_None) return {};
  const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(bound));
  if (!index) throw py::error_already_set();
  int overflow = 0;
  const int64_t value = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow == 0) return value;
  using Limits = std::numeric_limits<int64_t>;
  return overflow > 0 ? Limits::max() : Limits::min();
}

Slice parse_slice(PyObject* object) {
  const auto* slice = reinterpret_cast<PySliceObject*>(object);
  return {parse_bound(slice->start), parse_bound(slice->stop),
          parse_bound(slice->step).value_or(1)};
}

Tensor parse_sequence(PyObject* object) {
  check<IndexError>(PySequence_Check(object) && !PyUnicode_Check(object), "index",
                    "expected integers, slices, None, ..., or tensors and arrays of integers or "
                    "bool; got ",
                    Py_TYPE(object)->tp_name);
  py::object sequence = py::reinterpret_borrow<py::object>(object);
  if (PyRange_Check(object)) sequence = py::list(sequence);
  const Tensor index = as_tensor(sequence.ptr());
  // An empty list has no type of its own.
  return index.count() == 0 && PyList_Check(object) ? cast(index, DType::kInt64) : index;
}

Index parse_index(PyObject* object) {
  if (is_tensor(object)) return unwrap(object);
  if (PySlice_Check(object)) return parse_slice(object);
  if (object == Py_None) return NewAxis{};
  if (object == Py_Ellipsis) return Ellipsis{};
  Number number;
  if (!load_number(object, number)) return parse_sequence(object);
  if (number.category == Category::kBool) return number.tensor(DType::kBool);
  check<IndexError>(number.category == Category::kInteger, "index",
                    "expected an integer; got the float ", number.real);
  return number.integer;
}

// Calls body(), and turns what it throws into a Python error and `failed`.
template <class Result, class F>
Result guarded(Result failed, F body) {
  try {
    return body();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (...) {
    set_python_error();
  }
  return failed;
}

PyObject* get_item(PyObject* self, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    const Tensor x = unwrap(self);
    if (PyLong_CheckExact(key)) return wrap(select_index(x, 0, *parse_bound(key)));
    return wrap(index(x, parse_indices(key)));
  });
}

PyObject* set_item(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    check<TypeError>(count == 2, "setitem", "expected an index and a value; got ", count,
                     " arguments");
    const Tensor x = unwrap(self);
    Tensor value;
    if (!load_operand(args[1], x, value)) value = as_tensor(args[1]);
    set_index(x, parse_indices(args[0]), value);
    Py_RETURN_NONE;
  });
}

PyMethodDef kSubscripts[] = {
    {"__getitem__", get_item, METH_O, nullptr},
    {"__setitem__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(set_item)),
     METH_FASTCALL, nullptr},
};

}  // namespace

std::vector<Index> parse_indices(PyObject* key) {
  std::vector<Index> indices;
  if (!PyTuple_Check(key)) {
    indices.push_back(parse_index(key));
    return indices;
  }
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); ++i)
    indices.push_back(parse_index(PyTuple_GET_ITEM(key, i)));
  return indices;
}

void bind_subscript() {
  for (PyMethodDef& subscript : kSubscripts)
    detail::tensor_class().attr(subscript.ml_name) =
        py::reinterpret_steal<py::object>(PyDescr_NewMethod(tensor_type, &subscript));
}

}  // namespace lamina::bindings

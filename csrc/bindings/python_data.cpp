#include "bindings/python_data.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "exec/launch.h"
#include "ops/copy.h"

namespace lamina::bindings {

namespace {

// One number with the type it has by itself.
struct Element {
  DType dtype;
  int64_t integer;
  double real;
};

Element element_of(const Tensor& tensor) {
  return visit(tensor.dtype(), [&]<class T>() {
    const T value = *tensor.data<T>();
    return Element{tensor.dtype(), static_cast<int64_t>(value), static_cast<double>(value)};
  });
}

template <class T>
T converted(const char* op, const Element& element) {
  const bool real = is_floating(element.dtype);
  if constexpr (std::is_same_v<T, bool>) {
    return real ? element.real != 0 : element.integer != 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    return real ? static_cast<T>(element.real) : static_cast<T>(element.integer);
  } else {
    // As doubles both limits are exact or, for int64, the upper one is the first number too large.
    using Limits = std::numeric_limits<T>;
    constexpr double kEnd = static_cast<double>(Limits::max() / 2 + 1) * 2;
    const bool fits = real
                          ? std::trunc(element.real) >= static_cast<double>(Limits::lowest()) &&
                                element.real < kEnd
                          : element.integer >= Limits::lowest() && element.integer <= Limits::max();
    if (!fits)
      fail(op, "expected numbers that fit ", name(kDTypeOf<T>), "; got ",
           real ? text(element.real) : text(element.integer));
    return real ? static_cast<T>(element.real) : static_cast<T>(element.integer);
  }
}

bool is_text(PyObject* object) { return PyUnicode_Check(object) || PyBytes_Check(object); }

// NumPy reads what offers no buffer of its own, and converts what has none of our types.
py::object numpy_array(PyObject* object, std::optional<DType> dtype) {
  const py::object target = dtype ? py::object(py::str(std::string(name(*dtype)))) : py::none();
  return py::module_::import("numpy").attr("array")(py::handle(object), target,
                                                    py::arg("order") = "C");
}

bool is_array(PyObject* object) {
  return is_tensor(object) || PyObject_CheckBuffer(object) ||
         has_type_attribute(object, "__array__") ||
         has_type_attribute(object, "__array_interface__");
}

// The values of an array: on its own memory where that is possible.
Tensor array_values(const char* op, PyObject* object, std::optional<DType> dtype) {
  if (is_tensor(object)) return detach(unwrap(object));
  Tensor values = borrow_if_possible(op, object);
  if (!values) {
    const py::object array = numpy_array(object, dtype);
    values = borrow_buffer(op, array.ptr());
  }
  if (!values) refuse_data(op, object);
  return values;
}

// Reads single numbers: Python's own and NumPy's.
class NumberReader {
 public:
  explicit NumberReader(const char* op) : op_(op) {}

  // False for any other object.
  bool load(PyObject* object, Element& element) {
    if (PyFloat_CheckExact(object)) {
      element = {default_dtype(), 0, PyFloat_AS_DOUBLE(object)};
      return true;
    }
    if (!PyLong_Check(object)) return load_numpy(object, element);
    int overflow = 0;
    const int64_t value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow) fail(op_, "expected integers of 64 bits; got a larger one");
    element = {PyBool_Check(object) ? DType::kBool : DType::kInt64, value, 0};
    return true;
  }

 private:
  bool load_numpy(PyObject* object, Element& element) {
    if (Py_TYPE(object) != type_) look_into(object);
    if (!dtype_) return false;
    element = {*dtype_, 0, 0};
    if (is_floating(*dtype_))
      element.real = PyFloat_AsDouble(object);
    else
      element.integer =
          *dtype_ == DType::kBool ? PyObject_IsTrue(object) : PyLong_AsLongLong(object);
    if (PyErr_Occurred()) throw py::error_already_set();
    return true;
  }

  // NumPy's scalars have a type for each dtype, so only the first of a run is looked into.
  void look_into(PyObject* object) {
    type_ = Py_TYPE(object);
    dtype_.reset();
    if (is_tensor(object) || !PyObject_CheckBuffer(object)) return;
    if (!py::isinstance(object, py::module_::import("numpy").attr("generic"))) return;
    if (const Tensor value = borrow_if_possible(op_, object)) dtype_ = value.dtype();
  }

  const char* op_;
  PyTypeObject* type_ = nullptr;
  std::optional<DType> dtype_;
};

// Numbers in nested lists. Two walks: one finds the type, one writes; both check the shape, since
// the objects in the lists may run code that changes them.
class Nested {
 public:
  Nested(const char* op, PyObject* data) : op_(op), data_(data), numbers_(op) {
    discover(py::reinterpret_borrow<py::object>(data));
  }

  Tensor tensor(std::optional<DType> dtype) {
    if (!dtype) dtype = common_dtype();
    Tensor out = empty(sizes_, *dtype);
    visit(*dtype, [&]<class T>() {
      T* to = out.data<T>();
      walk(data_, 0, [&](PyObject* leaf, int depth) {
        Element element;
        if (numbers_.load(leaf, element)) {
          expect(depth, {});
          *to++ = converted<T>(op_, element);
        } else {
          to += write_array(array_leaf(leaf, depth), out, to - out.data<T>());
        }
      });
    });
    return out;
  }

 private:
  static bool is_nested(PyObject* node) {
    return PyList_Check(node) || PyTuple_Check(node) ||
           (PySequence_Check(node) && !is_text(node) && !is_array(node));
  }

  static py::object fast(PyObject* node) {
    PyObject* items = PySequence_Fast(node, "expected a sequence");
    if (!items) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(items);
  }

  // The shape, as the first element of each sequence has it.
  void discover(py::object node) {
    while (is_nested(node.ptr())) {
      const py::object items = fast(node.ptr());
      const Py_ssize_t length = PySequence_Fast_GET_SIZE(items.ptr());
      sizes_.push_back(length);
      if (length == 0) return;
      node = py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(items.ptr(), 0));
    }
    Element element;
    if (numbers_.load(node.ptr(), element)) return;
    for (int64_t size : array_leaf(node.ptr(), -1).sizes()) sizes_.push_back(size);
  }

  DType common_dtype() {
    std::optional<DType> common;
    walk(data_, 0, [&](PyObject* leaf, int depth) {
      Element element;
      const DType dtype =
          numbers_.load(leaf, element) ? element.dtype : array_leaf(leaf, depth).dtype();
      common = common ? promote(*common, dtype) : dtype;
    });
    return common.value_or(default_dtype());
  }

  // Calls leaf(object, depth) for everything that is not a sequence, in order.
  template <class Leaf>
  void walk(PyObject* node, int depth, const Leaf& leaf) {
    if (!is_nested(node)) return leaf(node, depth);
    const py::object items = fast(node);
    const Py_ssize_t length = PySequence_Fast_GET_SIZE(items.ptr());
    if (depth >= sizes_.size() || length != sizes_[depth])
      ragged(depth, "a sequence of length ", length);
    for (Py_ssize_t i = 0; i < length; ++i) {
      if (i >= PySequence_Fast_GET_SIZE(items.ptr())) ragged(depth, "a list that shrinks");
      const auto item =
          py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(items.ptr(), i));
      walk(item.ptr(), depth + 1, leaf);
    }
  }

  template <class... Got>
  [[noreturn]] void ragged(int depth, const Got&... got) const {
    fail(op_, "expected nested sequences of shape ", sizes_, "; got ", got..., " at dimension ",
         depth);
  }

  // The sizes below `depth` must be those of the leaf found there.
  void expect(int depth, const Dims& sizes) const {
    bool same = depth + sizes.size() == sizes_.size();
    for (int d = 0; same && d < sizes.size(); ++d) same = sizes[d] == sizes_[depth + d];
    if (!same) ragged(depth, sizes.empty() ? text("a number") : text("an array of shape ", sizes));
  }

  // A tensor, array or number of a foreign kind; depth -1 while the shape is not known.
  Tensor array_leaf(PyObject* leaf, int depth) const {
    Tensor values;
    Number number;
    if (is_tensor(leaf)) exec::value_read(op_, "use stack()");
    if (!is_text(leaf) && is_array(leaf))
      values = array_values(op_, leaf, {});
    else if (load_number(leaf, number))
      values = number.tensor(number.dtype());
    else
      refuse_data(op_, leaf);
    if (depth >= 0) expect(depth, values.sizes());
    return values;
  }

  // Returns how many elements it wrote, from element `offset` of `out` on.
  int64_t write_array(const Tensor& values, const Tensor& out, int64_t offset) const {
    if (values.count() == 1) {
      visit(out.dtype(),
            [&]<class T>() { out.data<T>()[offset] = converted<T>(op_, element_of(values)); });
    } else {
      const Tensor same = contiguous(cast(values, out.dtype()));
      const int64_t size = item_size(out.dtype());
      std::memcpy(out.bytes() + offset * size, same.bytes(),
                  static_cast<size_t>(same.count() * size));
    }
    return values.count();
  }

  const char* op_;
  PyObject* data_;
  Dims sizes_;
  NumberReader numbers_;
};

}  // namespace

void refuse_data(const char* op, PyObject* object) {
  const py::handle handle(object);
  const std::string kind = py::hasattr(handle, "dtype")
                               ? py::str(handle.attr("dtype")).cast<std::string>()
                               : std::string(Py_TYPE(object)->tp_name);
  fail<TypeError>(
      op, "expected numbers of type bool, uint8, int32, int64, float32 or float64; got ", kind);
}

Tensor tensor_of(const char* op, PyObject* data, std::optional<DType> dtype) {
  if (!PyList_Check(data) && !PyTuple_Check(data) && !PyLong_Check(data) &&
      !PyFloat_CheckExact(data) && !is_text(data) && is_array(data)) {
    const Tensor values = array_values(op, data, dtype);
    return dtype && *dtype != values.dtype() ? cast(values, *dtype) : clone(values);
  }
  return Nested(op, data).tensor(dtype);
}

}  // namespace lamina::bindings

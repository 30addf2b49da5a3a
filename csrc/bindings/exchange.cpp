// Tensors for the rest of Python: buffers, NumPy, lists, pickles, copies, text.
#include "bindings/exchange.h"

#include <memory>

#include "autograd/node.h"
#include "bindings/python_data.h"
#include "bindings/slots.h"
#include "exec/launch.h"

namespace lamina::bindings {

namespace {

// ---- the buffer protocol ----

// Holds the memory itself: the tensor may be given other memory meanwhile.
struct BufferExport {
  explicit BufferExport(const Tensor& tensor) : storage(tensor->storage) {
    for (int d = 0; d < tensor.ndim(); ++d) {
      sizes[d] = static_cast<Py_ssize_t>(tensor.size(d));
      strides[d] = static_cast<Py_ssize_t>(tensor.stride(d) * item_size(tensor.dtype()));
    }
    storage->expose();
  }
  ~BufferExport() { storage->unexpose(); }
  BufferExport(const BufferExport&) = delete;
  BufferExport& operator=(const BufferExport&) = delete;

  Ref<Storage> storage;
  Py_ssize_t sizes[kMaxDims];
  Py_ssize_t strides[kMaxDims];
};

// Whether a consumer that asks for `flags` can use this layout.
bool layout_serves(const Tensor& tensor, int flags) {
  const auto asks = [flags](int flag) { return (flags & flag) == flag; };
  if (tensor.contiguous()) return !asks(PyBUF_F_CONTIGUOUS) || tensor.ndim() <= 1;
  return asks(PyBUF_STRIDES) && !asks(PyBUF_C_CONTIGUOUS) && !asks(PyBUF_F_CONTIGUOUS) &&
         !asks(PyBUF_ANY_CONTIGUOUS);
}

void fill_buffer(PyObject* self, Py_buffer* view, int flags) {
  const Tensor tensor = unwrap(self);
  check_exportable("buffer", tensor);
  const bool writable = tensor->storage->writable();
  if ((flags & PyBUF_WRITABLE) && !writable)
    throw py::buffer_error("[buffer] the memory is read-only");
  if (!layout_serves(tensor, flags))
    throw py::buffer_error("[buffer] the memory is not contiguous as asked");
  auto held = std::make_unique<BufferExport>(tensor);
  view->buf = tensor.bytes();
  view->len = static_cast<Py_ssize_t>(tensor.count() * item_size(tensor.dtype()));
  view->itemsize = static_cast<Py_ssize_t>(item_size(tensor.dtype()));
  view->readonly = !writable;
  view->ndim = tensor.ndim();
  view->format = flags & PyBUF_FORMAT ? const_cast<char*>(buffer_format(tensor.dtype())) : nullptr;
  view->shape = flags & PyBUF_ND ? held->sizes : nullptr;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? held->strides : nullptr;
  view->suboffsets = nullptr;
  view->internal = held.release();
  view->obj = Py_NewRef(self);
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  try {
    fill_buffer(self, view, flags);
    return 0;
  } catch (...) {
    set_python_error();
    return -1;
  }
}

void release_buffer(PyObject*, Py_buffer* view) {
  delete static_cast<BufferExport*>(view->internal);
}

// ---- NumPy ----

py::object numpy() { return py::module_::import("numpy"); }

py::object to_numpy(const Tensor& self, bool force) {
  const Tensor plain = force ? detach(self) : self;
  check_exportable("numpy", plain);
  PyObject* view = PyMemoryView_FromObject(py::cast(plain).ptr());
  if (!view) throw py::error_already_set();
  return numpy().attr("asarray")(py::reinterpret_steal<py::object>(view));
}

py::object to_array(const Tensor& self, const py::object& dtype, std::optional<bool> copy) {
  const py::object shared = to_numpy(self, false);
  if (copy.value_or(false)) return numpy().attr("array")(shared, dtype);
  const py::object array = numpy().attr("asarray")(shared, dtype);
  if (copy == false && !array.is(shared))
    fail("__array__", "expected the tensor's own type where no copy is allowed; got ",
         py::str(dtype).cast<std::string>());
  return array;
}

// The result of a NumPy function of a tensor.
py::object wrap_array(const Tensor&, const py::object& array, const py::object&, bool) {
  const Tensor result = borrow_buffer("__array_wrap__", array.ptr());
  return result ? py::cast(result) : array;
}

// ---- lists ----

template <class T>
py::object to_list(const T* values, const Tensor& tensor, int dim) {
  if (dim == tensor.ndim()) return py::cast(*values);
  py::list list(tensor.size(dim));
  for (int64_t i = 0; i < tensor.size(dim); ++i, values += tensor.stride(dim))
    PyList_SET_ITEM(list.ptr(), i, to_list(values, tensor, dim + 1).release().ptr());
  return list;
}

py::object tolist(const Tensor& self) {
  exec::value_read("tolist");
  return visit(self.dtype(), [&]<class T>() { return to_list(self.data<T>(), self, 0); });
}

// ---- what Python code does better ----

// The methods of Tensor that are written in Python are imported when they are first called.
void bind_python(const char* name, const char* module, const char* function_name) {
  method(name, [module, function_name](const py::object& self, const py::args& args) {
    return py::module_::import(module).attr(function_name)(self, *args);
  });
}

}  // namespace

void check_exportable(const char* op, const Tensor& tensor) {
  check<StateError>(!autograd::requires_grad(tensor), op,
                    "expected a tensor that does not require grad; use detach()");
  exec::value_read(op);
}

void add_buffer_slots(std::vector<PyType_Slot>& slots) {
  slots.push_back({Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)});
  slots.push_back({Py_bf_releasebuffer, reinterpret_cast<void*>(release_buffer)});
}

void bind_exchange(py::module_& m) {
  method("numpy", &to_numpy, py::kw_only(), py::arg("force") = false,
         "The tensor's memory as a NumPy array.");
  method("__array__", &to_array, py::arg("dtype") = py::none(), py::arg("copy") = py::none());
  method("__array_wrap__", &wrap_array, py::arg("array"), py::arg("context") = py::none(),
         py::arg("return_scalar") = false);
  // NumPy's operators leave an array with a tensor beside it to the tensor.
  detail::tensor_class().attr("__array_priority__") = 1000;
  method("tolist", &tolist, "The values as nested lists of Python numbers.");
  bind_dlpack(m);
  bind_python("__reduce_ex__", "lamina._pickle", "reduce");
  bind_python("__copy__", "lamina._pickle", "shallow_copy");
  bind_python("__deepcopy__", "lamina._pickle", "deep_copy");
  bind_python("__repr__", "lamina._repr", "text");
  bind_python("__format__", "lamina._repr", "formatted");
}

}  // namespace lamina::bindings

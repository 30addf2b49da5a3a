#include "bindings/tensor_object.h"

#include <structmember.h>

#include <new>

#include "autograd/node.h"
#include "bindings/casters.h"
#include "bindings/slots.h"
#include "core/allocator.h"
#include "ops/elementwise.h"

namespace lamina::bindings {

PyTypeObject* tensor_type = nullptr;
PyTypeObject* size_type = nullptr;

namespace {

void tensor_dealloc(PyObject* self) {
  auto* object = reinterpret_cast<TensorObject*>(self);
  if (object->weak_references) PyObject_ClearWeakRefs(self);
  if (TensorImpl* impl = object->impl) {
    impl->python = nullptr;
    impl->release();
  }
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

template <auto kGet>
PyObject* getter(PyObject* self, void*) {
  return guarded([self] { return kGet(unwrap(self)); });
}

PyObject* get_shape(const Tensor& x) { return size_tuple(x.sizes()); }
PyObject* get_dtype(const Tensor& x) { return Py_NewRef(dtype_object(x.dtype())); }
PyObject* get_ndim(const Tensor& x) { return PyLong_FromLong(x.ndim()); }
PyObject* get_requires_grad(const Tensor& x) { return PyBool_FromLong(autograd::requires_grad(x)); }
PyObject* get_is_leaf(const Tensor& x) {
  const bool tracked = autograd::requires_grad(x);
  return PyBool_FromLong(!tracked || !autograd::meta(x) || !autograd::meta(x)->grad_fn);
}
PyObject* get_grad(const Tensor& x) { return wrap(autograd::grad_of(x)); }
PyObject* get_data(const Tensor& x) {
  const Tensor data = detach(x);
  data->untracked = true;
  return wrap(data);
}
PyObject* get_itemsize(const Tensor& x) { return PyLong_FromLongLong(item_size(x.dtype())); }
PyObject* get_version(const Tensor& x) { return PyLong_FromUnsignedLong(x->storage->version()); }

template <class F>
int guarded_set(F&& body) {
  try {
    body();
    return 0;
  } catch (...) {
    set_python_error();
    return -1;
  }
}

int set_requires_grad(PyObject* self, PyObject* value, void*) {
  return guarded_set([&] {
    check<TypeError>(value && PyBool_Check(value), "requires_grad", "expected True or False");
    require_grad(unwrap(self), value == Py_True);
  });
}

int set_grad(PyObject* self, PyObject* value, void*) {
  return guarded_set([&] {
    const Tensor x = unwrap(self);
    if (!value || value == Py_None) {
      if (autograd::leaf_observer) autograd::leaf_observer->grad_will_be_replaced(x);
      if (autograd::meta(x)) autograd::meta(x)->grad = Tensor();
      return;
    }
    check<TypeError>(is_tensor(value), "grad", "expected a tensor or None");
    const Tensor grad = unwrap(value);
    check(grad.sizes() == x.sizes(), "grad", "expected a gradient of shape ", x.sizes(), "; got ",
          grad.sizes());
    check<TypeError>(grad.dtype() == x.dtype(), "grad", "expected a gradient of type ",
                     name(x.dtype()), "; got ", name(grad.dtype()));
    if (autograd::leaf_observer) autograd::leaf_observer->grad_will_be_replaced(x);
    autograd::ensure_meta(x).grad = grad;
  });
}

// Gives the tensor other memory, as optimizers written for PyTorch do.
int set_data(PyObject* self, PyObject* value, void*) {
  return guarded_set([&] {
    check<TypeError>(value && is_tensor(value), "data", "expected a tensor");
    const Tensor x = unwrap(self);
    const Tensor data = unwrap(value);
    memory_exchanges.fetch_add(1, std::memory_order_relaxed);
    x->storage = data->storage;
    x->offset = data->offset;
    x->count = data->count;
    x->dtype = data->dtype;
    x->contiguous = data->contiguous;
    x->sizes = data->sizes;
    x->strides = data->strides;
  });
}

PyGetSetDef kProperties[] = {
    {"shape", getter<get_shape>, nullptr, "The size of each dimension.", nullptr},
    {"dtype", getter<get_dtype>, nullptr, "The element type.", nullptr},
    {"ndim", getter<get_ndim>, nullptr, "The number of dimensions.", nullptr},
    {"requires_grad", getter<get_requires_grad>, set_requires_grad,
     "Whether operations on this tensor are recorded for backward().", nullptr},
    {"is_leaf", getter<get_is_leaf>, nullptr, "Whether this tensor was not made by a recorded op.",
     nullptr},
    {"grad", getter<get_grad>, set_grad, "The gradient that backward() accumulated, or None.",
     nullptr},
    {"data", getter<get_data>, set_data, "The same memory without history.", nullptr},
    {"itemsize", getter<get_itemsize>, nullptr, "Bytes of one element.", nullptr},
    {"_version", getter<get_version>, nullptr, "How often the memory was changed in place.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMemberDef kMembers[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(TensorObject, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyObject* size_repr(PyObject* self) {
  PyObject* list = PySequence_List(self);
  if (!list) return nullptr;
  PyObject* result = PyUnicode_FromFormat("lamina.Size(%R)", list);
  Py_DECREF(list);
  return result;
}

PyObject* size_numel(PyObject* self, PyObject*) {
  long long count = 1;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self); ++i) {
    const long long size = PyLong_AsLongLong(PyTuple_GET_ITEM(self, i));
    if (size == -1 && PyErr_Occurred()) return nullptr;
    count *= size;
  }
  return PyLong_FromLongLong(count);
}

PyMethodDef kSizeMethods[] = {
    {"numel", size_numel, METH_NOARGS, "numel(self) -> int\n\nThe product of all sizes."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyTypeObject* make_tensor_type() {
  std::vector<PyType_Slot> slots = {
      {Py_tp_dealloc, reinterpret_cast<void*>(tensor_dealloc)},
      {Py_tp_new, reinterpret_cast<void*>(construct_tensor)},
      {Py_tp_getset, kProperties},
      {Py_tp_members, kMembers},
      {Py_tp_doc, const_cast<char*>("A multi-dimensional array with automatic differentiation.")},
  };
  add_operator_slots(slots);
  add_buffer_slots(slots);
  slots.push_back({0, nullptr});
  PyType_Spec spec{"lamina.Tensor", sizeof(TensorObject), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots.data()};
  return tensor_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
}

PyTypeObject* make_size_type() {
  PyType_Slot slots[] = {
      {Py_tp_repr, reinterpret_cast<void*>(size_repr)},
      {Py_tp_methods, kSizeMethods},
      {Py_tp_doc, const_cast<char*>("The sizes of a tensor's dimensions: a tuple of ints.")},
      {0, nullptr},
  };
  PyType_Spec spec{"lamina.Size", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  PyObject* bases = PyTuple_Pack(1, &PyTuple_Type);
  if (!bases) return nullptr;
  size_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, bases));
  Py_DECREF(bases);
  return size_type;
}

PyObject* wrap_as(PyTypeObject* type, const Tensor& tensor) {
  auto* object = reinterpret_cast<TensorObject*>(type->tp_alloc(type, 0));
  if (!object) return nullptr;
  object->impl = tensor.impl();
  object->impl->retain();
  object->impl->python = object;
  return reinterpret_cast<PyObject*>(object);
}

PyObject* wrap(const Tensor& tensor) {
  if (!tensor) Py_RETURN_NONE;
  if (tensor->python) return Py_NewRef(static_cast<PyObject*>(tensor->python));
  return wrap_as(tensor_type, tensor);
}

PyObject* size_tuple(const Dims& dims) {
  PyObject* result = size_type->tp_alloc(size_type, dims.size());
  if (!result) return nullptr;
  for (int i = 0; i < dims.size(); ++i) PyTuple_SET_ITEM(result, i, PyLong_FromLongLong(dims[i]));
  return result;
}

}  // namespace lamina::bindings

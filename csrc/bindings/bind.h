// Registering ops: one definition serves the function lamina._core.name and the method Tensor.name.
#pragma once

#include <initializer_list>
#include <utility>

#include "bindings/casters.h"

namespace lamina::bindings {

namespace detail {
inline py::handle tensor_class() { return py::handle(reinterpret_cast<PyObject*>(tensor_type)); }

template <class F, class... Extra>
py::cpp_function overload(py::handle scope, const char* name, F&& f, const Extra&... extra) {
  return py::cpp_function(std::forward<F>(f), py::name(name), py::scope(scope),
                          py::sibling(py::getattr(scope, name, py::none())), extra...);
}

inline void set_method(const char* name, const py::cpp_function& function) {
  tensor_class().attr(name) =
      py::reinterpret_steal<py::object>(PyInstanceMethod_New(function.ptr()));
}
}  // namespace detail

// Further calls with the same name add overloads, tried in order.
template <class F, class... Extra>
void op(py::module_& m, const char* name, F&& f, const Extra&... extra) {
  const py::cpp_function function = detail::overload(m, name, std::forward<F>(f), extra...);
  m.attr(name) = function;
  detail::set_method(name, function);
}

template <class F, class... Extra>
void function(py::module_& m, const char* name, F&& f, const Extra&... extra) {
  m.attr(name) = detail::overload(m, name, std::forward<F>(f), extra...);
}

template <class F, class... Extra>
void method(const char* name, F&& f, const Extra&... extra) {
  const py::handle type = detail::tensor_class();
  // A method inherited from object (comparison, repr) is replaced, not overloaded.
  PyObject* own = PyDict_GetItemString(tensor_type->tp_dict, name);
  const py::object sibling =
      own && PyInstanceMethod_Check(own)
          ? py::reinterpret_borrow<py::object>(PyInstanceMethod_GET_FUNCTION(own))
          : py::object(py::none());
  detail::set_method(name, py::cpp_function(std::forward<F>(f), py::name(name), py::is_method(type),
                                            py::sibling(sibling), extra...));
}

// A named tuple of PyTorch's kind: named("max", {"values", "indices"}, values, indices).
py::object named(const char* name, std::initializer_list<const char*> fields, py::tuple values);
template <class... Values>
py::object named(const char* name, std::initializer_list<const char*> fields,
                 const Values&... values) {
  return named(name, fields, py::tuple(py::make_tuple(values...)));
}

// To be called when all functions are there.
void accept_numpy_names(const py::module_& m);

void bind_process(py::module_& m);
void bind_dtype(py::module_& m);
void bind_creation(py::module_& m);
void bind_elementwise(py::module_& m);
void bind_view(py::module_& m);
void bind_autograd(py::module_& m);
void bind_exchange(py::module_& m);
void bind_reduce(py::module_& m);
void bind_index(py::module_& m);
void bind_sort(py::module_& m);
void bind_join(py::module_& m);
void bind_linalg(py::module_& m);
void bind_random(py::module_& m);
void bind_capture(py::module_& m);
void bind_compile(py::module_& m);

// Into lamina._core._nn: what lamina.nn.functional is made of.
void bind_activation(py::module_& nn);
void bind_attention(py::module_& nn);
void bind_conv(py::module_& nn);
void bind_embedding(py::module_& nn);
void bind_fold(py::module_& nn);
void bind_loss(py::module_& nn);
void bind_normalization(py::module_& nn);
void bind_pool(py::module_& nn);
void bind_recurrent(py::module_& nn);
void bind_resample(py::module_& nn);
// Into lamina._core._optim.
void bind_optimizer(py::module_& optim);

}  // namespace lamina::bindings

// What every function that makes a tensor takes: sizes, an element type, a device, requires_grad.
#pragma once

#include <string>

#include "bindings/bind.h"
#include "bindings/sizes.h"
#include "bindings/slots.h"

namespace lamina::bindings {

// The sizes of a tensor to be made.
inline Dims new_sizes(const char* op, const py::args& args, const py::object& size = py::none()) {
  Dims dims = sizes_of(op, args, size);
  element_count(op, dims);
  return dims;
}

// None, "cpu" and lamina.device("cpu") name the one device there is.
inline void check_device(const char* op, const py::object& device) {
  if (device.is_none()) return;
  const std::string name = py::str(device).cast<std::string>();
  check<StateError>(name == "cpu" || name == "cpu:0", op,
                    "lamina computes on the CPU; got device '", name, "'");
}

// Names of PyTorch's; results have the same layout under each.
inline void check_memory_format(const char* op, const py::object& format) {
  if (format.is_none()) return;
  const py::object known = py::module_::import("lamina._memory_format").attr("memory_format");
  check<TypeError>(py::isinstance(format, known), op, "expected a memory format; got ",
                   Py_TYPE(format.ptr())->tp_name);
}

// The tensor as the caller asked for it.
inline Tensor finished(const char* op, const Tensor& made, bool requires_grad) {
  if (!requires_grad) return made;
  check<StateError>(is_floating(made.dtype()), op,
                    "expected a floating type for a tensor that requires grad; got ",
                    name(made.dtype()));
  require_grad(made, true);
  return made;
}

namespace detail {
template <class... Args, class Make>
auto making(const char* op, Make make) {
  return [op, make](const Args&... args, const std::optional<DType>& dtype,
                    const py::object& device, bool requires_grad, const py::object& memory_format) {
    check_device(op, device);
    check_memory_format(op, memory_format);
    return finished(op, make(args..., dtype), requires_grad);
  };
}
}  // namespace detail

// Registers op(args..., *, dtype=None, device=None, requires_grad=False, memory_format=None), which
// returns make(args..., dtype); `extra` names the args and ends in py::kw_only() unless they
// include py::args.
template <class... Args, class Make, class... Extra>
void factory(py::module_& m, const char* op, Make make, const Extra&... extra) {
  function(m, op, detail::making<Args...>(op, make), extra..., py::arg("dtype") = py::none(),
           py::arg("device") = py::none(), py::arg("requires_grad") = false,
           py::arg("memory_format") = py::none());
}

// The same for a method; the first of the args is the tensor itself and has no name.
template <class... Args, class Make, class... Extra>
void factory_method(const char* op, Make make, const Extra&... extra) {
  method(op, detail::making<Args...>(op, make), extra..., py::arg("dtype") = py::none(),
         py::arg("device") = py::none(), py::arg("requires_grad") = false,
         py::arg("memory_format") = py::none());
}

}  // namespace lamina::bindings

// Functions of fold in lamina._core._nn.
#include "ops/fold.h"

#include "bindings/bind.h"

namespace lamina::bindings {

void bind_fold(py::module_& nn) {
  const auto kernel_size = py::arg("kernel_size");
  const auto dilation = py::arg("dilation") = 1;
  const auto padding = py::arg("padding") = 0;
  const auto stride = py::arg("stride") = 1;
  function(
      nn, "unfold",
      [](const Tensor& x, const Dims& kernel, const Dims& spread, const Dims& pad,
         const Dims& step) { return unfold_windows(x, {kernel, step, pad, spread}); },
      py::arg("input"), kernel_size, dilation, padding, stride);
  function(
      nn, "fold",
      [](const Tensor& x, const Dims& size, const Dims& kernel, const Dims& spread, const Dims& pad,
         const Dims& step) { return fold_windows(x, size, {kernel, step, pad, spread}); },
      py::arg("input"), py::arg("output_size"), kernel_size, dilation, padding, stride);
}

}  // namespace lamina::bindings

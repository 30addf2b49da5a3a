// Functions of normalization in lamina._core._nn.
#include "ops/normalization.h"

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

using MaybeTensor = std::optional<Tensor>;

Tensor given(const MaybeTensor& tensor) { return tensor.value_or(Tensor()); }

}  // namespace

void bind_normalization(py::module_& nn) {
  function(
      nn, "batch_norm",
      [](const Tensor& input, const MaybeTensor& running_mean, const MaybeTensor& running_var,
         const MaybeTensor& weight, const MaybeTensor& bias, bool training,
         std::optional<double> momentum, double eps, const MaybeTensor& num_batches_tracked) {
        return batch_norm(input, given(weight), given(bias),
                          {given(running_mean), given(running_var), given(num_batches_tracked)},
                          training, momentum, eps);
      },
      py::arg("input"), py::arg("running_mean") = py::none(), py::arg("running_var") = py::none(),
      py::arg("weight") = py::none(), py::arg("bias") = py::none(), py::arg("training") = false,
      py::arg("momentum") = 0.1, py::arg("eps") = 1e-5,
      py::arg("num_batches_tracked") = py::none());
  function(
      nn, "layer_norm",
      [](const Tensor& input, const Dims& normalized_shape, const MaybeTensor& weight,
         const MaybeTensor& bias, double eps) {
        return layer_norm(input, normalized_shape, given(weight), given(bias), eps);
      },
      py::arg("input"), py::arg("normalized_shape"), py::arg("weight") = py::none(),
      py::arg("bias") = py::none(), py::arg("eps") = 1e-5);
  function(
      nn, "rms_norm",
      [](const Tensor& input, const Dims& normalized_shape, const MaybeTensor& weight,
         std::optional<double> eps) {
        return rms_norm(input, normalized_shape, given(weight), eps);
      },
      py::arg("input"), py::arg("normalized_shape"), py::arg("weight") = py::none(),
      py::arg("eps") = py::none());
  function(
      nn, "group_norm",
      [](const Tensor& input, int64_t num_groups, const MaybeTensor& weight,
         const MaybeTensor& bias,
         double eps) { return group_norm(input, num_groups, given(weight), given(bias), eps); },
      py::arg("input"), py::arg("num_groups"), py::arg("weight") = py::none(),
      py::arg("bias") = py::none(), py::arg("eps") = 1e-5);
  function(
      nn, "instance_norm",
      [](const Tensor& input, const MaybeTensor& running_mean, const MaybeTensor& running_var,
         const MaybeTensor& weight, const MaybeTensor& bias, double momentum, double eps) {
        return instance_norm(input, given(weight), given(bias),
                             {given(running_mean), given(running_var), {}}, momentum, eps);
      },
      py::arg("input"), py::arg("running_mean") = py::none(), py::arg("running_var") = py::none(),
      py::arg("weight") = py::none(), py::arg("bias") = py::none(), py::arg("momentum") = 0.1,
      py::arg("eps") = 1e-5);
}

}  // namespace lamina::bindings

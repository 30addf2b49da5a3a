// Functions of conv in lamina._core._nn.
#include "ops/conv.h"

#include <string>
#include <variant>

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

using MaybeTensor = std::optional<Tensor>;

void bind_forward(py::module_& nn, const char* name, int dims) {
  function(
      nn, name,
      [dims](const Tensor& input, const Tensor& weight, const MaybeTensor& bias, const Dims& stride,
             const Dims& padding, const Dims& dilation, int64_t groups) {
        return conv(dims, input, weight, bias.value_or(Tensor()),
                    {stride, padding, dilation, groups});
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none(),
      py::arg("stride") = Dims{1}, py::arg("padding") = Dims{0}, py::arg("dilation") = Dims{1},
      py::arg("groups") = 1);
  function(
      nn, name,
      [dims, name](const Tensor& input, const Tensor& weight, const MaybeTensor& bias,
                   const Dims& stride, const std::string& padding, const Dims& dilation,
                   int64_t groups) {
        check(padding == "same" || padding == "valid", name,
              "expected a padding of 'same', 'valid' or numbers; got '", padding, "'");
        const ConvOptions options{stride, Dims{0}, dilation, groups};
        const Tensor offset = bias.value_or(Tensor());
        return padding == "same" ? conv_same(dims, input, weight, offset, options)
                                 : conv(dims, input, weight, offset, options);
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none(),
      py::arg("stride") = Dims{1}, py::arg("padding") = "valid", py::arg("dilation") = Dims{1},
      py::arg("groups") = 1);
}

void bind_transposed(py::module_& nn, const char* name, int dims) {
  function(
      nn, name,
      [dims](const Tensor& input, const Tensor& weight, const MaybeTensor& bias, const Dims& stride,
             const Dims& padding, const Dims& output_padding, int64_t groups,
             const Dims& dilation) {
        return conv_transpose(dims, input, weight, bias.value_or(Tensor()),
                              {stride, padding, dilation, groups}, output_padding);
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none(),
      py::arg("stride") = Dims{1}, py::arg("padding") = Dims{0},
      py::arg("output_padding") = Dims{0}, py::arg("groups") = 1, py::arg("dilation") = Dims{1});
}

}  // namespace

void bind_conv(py::module_& nn) {
  bind_forward(nn, "conv1d", 1);
  bind_forward(nn, "conv2d", 2);
  bind_forward(nn, "conv3d", 3);
  bind_transposed(nn, "conv_transpose1d", 1);
  bind_transposed(nn, "conv_transpose2d", 2);
  bind_transposed(nn, "conv_transpose3d", 3);
}

}  // namespace lamina::bindings

// Functions of pool in lamina._core._nn.
#include "ops/pool.h"

#include "bindings/bind.h"
#include "ops/copy.h"

namespace lamina::bindings {

namespace {

using MaybeDims = std::optional<Dims>;

// Names end in the number of axes: "max_pool2d".
constexpr int axes_of(std::string_view name) { return name[name.size() - 2] - '0'; }

Tensor as(DType dtype, const Tensor& x) { return cast(x, dtype); }
WithIndices as(DType dtype, const WithIndices& x) { return {cast(x.first, dtype), x.second}; }

template <class Pool>
void bind_max_pool(py::module_& nn, const char* name, const char* op, Pool pool) {
  function(
      nn, name,
      [=](const Tensor& x, const Dims& kernel, const MaybeDims& stride, const Dims& padding,
          const Dims& dilation, bool ceil_mode) {
        const PoolWindow window{kernel, stride.value_or(Dims()), padding, dilation, ceil_mode};
        // As PyTorch, which has no maxima of integers in sequences; exact up to 2^53.
        const bool whole = axes_of(op) > 1 && !is_floating(x.dtype()) && x.dtype() != DType::kBool;
        return as(x.dtype(), pool(op, whole ? cast(x, DType::kFloat64) : x, axes_of(op), window));
      },
      py::arg("input"), py::arg("kernel_size"), py::arg("stride") = py::none(),
      py::arg("padding") = 0, py::arg("dilation") = 1, py::arg("ceil_mode") = false);
}

template <class... Divisor>
void bind_avg_pool(py::module_& nn, const char* op, const Divisor&... divisor_arg) {
  const auto pool = [op](const Tensor& x, const Dims& kernel, const MaybeDims& stride,
                         const Dims& padding, bool ceil_mode, bool include_pad,
                         std::optional<int64_t> divisor) {
    const PoolWindow window{kernel, stride.value_or(Dims()), padding, {1}, ceil_mode};
    return avg_pool(op, x, axes_of(op), window, include_pad, divisor);
  };
  const auto bind = [&](auto f) {
    function(nn, op, f, py::arg("input"), py::arg("kernel_size"), py::arg("stride") = py::none(),
             py::arg("padding") = 0, py::arg("ceil_mode") = false,
             py::arg("count_include_pad") = true, divisor_arg...);
  };
  if constexpr (sizeof...(Divisor) > 0)
    bind(pool);
  else
    bind([=](const Tensor& x, const Dims& kernel, const MaybeDims& stride, const Dims& padding,
             bool ceil_mode, bool include_pad) {
      return pool(x, kernel, stride, padding, ceil_mode, include_pad, {});
    });
}

void bind_adaptive_pool(py::module_& nn, const char* max_op, const char* avg_op) {
  const auto sizes = [](const char* op, const Dims& out) {
    check(out.size() == axes_of(op), op, "expected ", axes_of(op), " output sizes; got ", out);
  };
  function(
      nn, max_op,
      [=](const Tensor& x, const Dims& out) {
        sizes(max_op, out);
        return adaptive_max_pool(max_op, x, out);
      },
      py::arg("input"), py::arg("output_size"));
  function(
      nn, avg_op,
      [=](const Tensor& x, const Dims& out) {
        sizes(avg_op, out);
        return adaptive_avg_pool(avg_op, x, out);
      },
      py::arg("input"), py::arg("output_size"));
}

void bind_fractional_pool(py::module_& nn, const char* op) {
  function(
      nn, op,
      [op](const Tensor& x, const Dims& kernel, const Dims& out, const Tensor& samples) {
        const Dims sizes = per_axis(op, "output size", out, axes_of(op));
        return fractional_max_pool(op, x, kernel, sizes, samples);
      },
      py::arg("input"), py::arg("kernel_size"), py::arg("output_size"), py::arg("samples"));
}

void bind_unpool(py::module_& nn, const char* op) {
  function(
      nn, op,
      [op](const Tensor& x, const Tensor& index, const Dims& out) {
        return max_unpool(op, x, index, out);
      },
      py::arg("input"), py::arg("indices"), py::arg("output_size"));
}

}  // namespace

void bind_pool(py::module_& nn) {
  bind_max_pool(nn, "max_pool1d", "max_pool1d", &max_pool);
  bind_max_pool(nn, "max_pool2d", "max_pool2d", &max_pool);
  bind_max_pool(nn, "max_pool3d", "max_pool3d", &max_pool);
  bind_max_pool(nn, "max_pool1d_with_indices", "max_pool1d", &max_pool_with_indices);
  bind_max_pool(nn, "max_pool2d_with_indices", "max_pool2d", &max_pool_with_indices);
  bind_max_pool(nn, "max_pool3d_with_indices", "max_pool3d", &max_pool_with_indices);
  bind_avg_pool(nn, "avg_pool1d");
  bind_avg_pool(nn, "avg_pool2d", py::arg("divisor_override") = py::none());
  bind_avg_pool(nn, "avg_pool3d", py::arg("divisor_override") = py::none());
  bind_adaptive_pool(nn, "adaptive_max_pool1d", "adaptive_avg_pool1d");
  bind_adaptive_pool(nn, "adaptive_max_pool2d", "adaptive_avg_pool2d");
  bind_adaptive_pool(nn, "adaptive_max_pool3d", "adaptive_avg_pool3d");
  bind_fractional_pool(nn, "fractional_max_pool2d");
  bind_fractional_pool(nn, "fractional_max_pool3d");
  bind_unpool(nn, "max_unpool1d");
  bind_unpool(nn, "max_unpool2d");
  bind_unpool(nn, "max_unpool3d");
}

}  // namespace lamina::bindings

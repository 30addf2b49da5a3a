#include "ops/norm_grad.h"

#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/view.h"

namespace lamina {

namespace {

void check_parameter(const char* op, const char* role, const Tensor& parameter, const Tensor& x,
                     const Dims& sizes) {
  if (!parameter) return;
  check(parameter.sizes() == sizes, op, "expected a ", role, " of shape ", sizes, "; got ",
        parameter.sizes());
  check<TypeError>(parameter.dtype() == x.dtype(), op, "expected a ", role, " of type ",
                   name(x.dtype()), ", as the input is; got ", name(parameter.dtype()));
}

}  // namespace

void check_affine(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Dims& sizes) {
  check<TypeError>(is_floating(x.dtype()), op, "expected a floating tensor; got ", name(x.dtype()));
  check_parameter(op, "weight", weight, x, sizes);
  check_parameter(op, "bias", bias, x, sizes);
}

void check_running(const char* op, const Tensor& x, const Tensor& mean, const Tensor& var,
                   bool moved) {
  check(static_cast<bool>(mean) == static_cast<bool>(var), op,
        "expected a running mean and variance, or neither");
  if (!mean) return;
  check_parameter(op, "running_mean", mean, x, {x.size(1)});
  check_parameter(op, "running_var", var, x, {x.size(1)});
  check(!moved || (mean.contiguous() && var.contiguous()), op,
        "expected contiguous running statistics");
}

namespace {

Tensor normalized(const NormView& view, const Tensor& x, const FixedStats& fixed, Tensor& rstd) {
  if (fixed.mean) {
    rstd = fixed.rstd;
    return (x - fixed.mean) * rstd;
  }
  const Tensor apart = view.centered ? x - mean(x, view.normalized, true) : x;
  rstd = rsqrt(mean(square(apart), view.normalized, true) + view.eps);
  return apart * rstd;
}

}  // namespace

void set_composed_grads(autograd::Backward& b, const NormView& view, const Tensor& x,
                        const Tensor& weight, const FixedStats& fixed) {
  Dims parameter = view.sizes;
  for (int64_t d : view.repeated) parameter[static_cast<int>(d)] = 1;
  const Tensor grad = reshape(b.grad(), view.sizes);
  Tensor rstd;
  const Tensor y = normalized(view, reshape(x, view.sizes), fixed, rstd);
  if (b.needs(0)) {
    Tensor h = weight ? grad * reshape(weight, parameter) : grad;
    if (!fixed.mean) {
      const Tensor along = y * mean(h * y, view.normalized, true);
      h = view.centered ? h - mean(h, view.normalized, true) - along : h - along;
    }
    b.set(0, reshape(h * rstd, x.sizes()));
  }
  const auto of_parameter = [&](const Tensor& terms) {
    return view.repeated.empty() ? terms : sum(terms, view.repeated, true);
  };
  if (b.needs(1)) b.set(1, reshape(of_parameter(grad * y), b.node().edges()[1].sizes));
  if (b.needs(2)) b.set(2, reshape(of_parameter(grad), b.node().edges()[2].sizes));
}

}  // namespace lamina

// Reductions in several steps: mean, variance, norms, log of a sum of exponentials.
#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/node.h"
#include "core/scratch.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/reduction.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

constexpr Strip line(int64_t n) { return {n, 1, {1, 1, 1, 1}, {}}; }

template <class T>
void divide(int64_t n, T* y, T divisor) {
  Strip strip = line(n);
  strip.inner[2] = 0;
  kernels().number<T>().elementwise.binary[static_cast<int>(BinaryOp::div)](strip, y, y, &divisor);
}

template <class T>
void add_to(int64_t n, T* y, const T* x) {
  kernels().number<T>().elementwise.binary[static_cast<int>(BinaryOp::add)](line(n), y, y, x);
}

template <class T>
void apply(UnaryOp op, int64_t n, T* y) {
  kernels().get<T>().elementwise.unary_fwd[static_cast<int>(op)](line(n), y, y, nullptr);
}

void check_floating(const char* op, const Tensor& x) {
  check<TypeError>(is_floating(x.dtype()), op, "expected a floating type; got ", name(x.dtype()),
                   "; convert it, for example with .float()");
}

// The steps of a reduction: f(how, x, y) inside the launch.
template <class F>
Tensor in_steps(const char* name, const Tensor& x, DimMask mask, bool keepdim, F f) {
  const Reducible from = reducible(x, mask);
  Tensor out = empty(reduced_sizes(x.sizes(), mask, keepdim), x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(name, {&out}, {&from.x}, [how = from.how, f](exec::Buffers buffers) {
      f(how, static_cast<const T*>(buffers.get<T>(1)), buffers.get<T>(0));
    });
  });
  return out;
}

struct Mean {
  template <class T>
  void operator()(const Reduction& how, const T* x, T* y) const {
    reduce_into(how, ReduceOp::sum, kDTypeOf<T>, x, nullptr, y);
    divide(how.results(), y, static_cast<T>(how.length()));
  }
};

// Twice over the elements. The mean is found as seen from the first element, so that equal elements
// vary by exactly 0.
struct Variance {
  double correction;
  bool root;

  template <class T>
  void operator()(const Reduction& how, const T* x, T* y) const {
    const int64_t n = how.results();
    Scratch<T> center(n);
    Reduction first = how;
    first.outer = 1;
    first.n = std::min<int64_t>(1, how.n);
    reduce_into(first, ReduceOp::sum, kDTypeOf<T>, x, nullptr, center.data());
    reduce_into(how, ReduceOp::sum_apart, kDTypeOf<T>, x, center.data(), y);
    divide(n, y, static_cast<T>(how.length()));
    add_to(n, center.data(), y);
    reduce_into(how, ReduceOp::sum_squares, kDTypeOf<T>, x, center.data(), y);
    divide(n, y, static_cast<T>(std::max(0.0, static_cast<double>(how.length()) - correction)));
    if (root) apply(UnaryOp::sqrt, n, y);
  }
};

struct LogSumExp {
  template <class T>
  void operator()(const Reduction& how, const T* x, T* y) const {
    const int64_t n = how.results();
    Scratch<T> center(n);
    reduce_into(how, ReduceOp::amax, kDTypeOf<T>, x, nullptr, center.data());
    // An infinite center would make NaN of the infinity that the result is.
    constexpr double kFinite[] = {std::numeric_limits<double>::quiet_NaN(), 0, 0};
    const auto& kernel = kernels().get<T>().elementwise;
    kernel.scaled_fwd[static_cast<int>(ScaledOp::nan_to_num)](line(n), center.data(), center.data(),
                                                              kFinite);
    reduce_into(how, ReduceOp::sum_exp, kDTypeOf<T>, x, center.data(), y);
    apply(UnaryOp::log, n, y);
    add_to(n, y, center.data());
  }
};

// The gradient of sum((x - mean)^2) / (n - correction).
Tensor variance_grad(const Tensor& grad, const Tensor& x, DimMask mask, double correction) {
  const double free =
      std::max(0.0, static_cast<double>(reduced_count(x.sizes(), mask)) - correction);
  Dims dims;
  for (int d = 0; d < x.ndim(); ++d)
    if (mask >> d & 1U) dims.push_back(d);
  return (x - mean(x, dims, true)) * (with_reduced_dims(grad, x.sizes(), mask) * (2 / free));
}

Tensor zero_where(const Tensor& condition, const Tensor& x) {
  return where(condition, scalar(0.0, x.dtype()), x);
}

Tensor sum_norm(const Tensor& x, DimMask mask, bool keepdim) {
  Tensor out = reduce("norm", ReduceOp::sum_abs, x, mask, keepdim);
  if (autograd::needs_grad(x))
    autograd::record("norm", out, {&x}, [x = Saved(x), mask](Backward& b) {
      const Tensor from = x.get(b);
      b.set(0, with_reduced_dims(b.grad(), from.sizes(), mask) * sign(from));
    });
  return out;
}

Tensor euclidean_norm(const Tensor& x, DimMask mask, bool keepdim) {
  Tensor out =
      in_steps("norm", x, mask, keepdim, []<class T>(const Reduction& how, const T* from, T* y) {
        reduce_into(how, ReduceOp::sum_squares, kDTypeOf<T>, from, nullptr, y);
        apply(UnaryOp::sqrt, how.results(), y);
      });
  if (autograd::needs_grad(x))
    autograd::record("norm", out, {&x}, [x = Saved(x), y = Saved::output(out), mask](Backward& b) {
      const Tensor from = x.get(b), norms = with_reduced_dims(y.get(b), from.sizes(), mask);
      const Tensor grad = with_reduced_dims(b.grad(), from.sizes(), mask);
      b.set(0, from * zero_where(norms == 0.0, grad / norms));
    });
  return out;
}

}  // namespace

Tensor mean(const Tensor& x, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  const DimMask mask = dim_mask("mean", dims, x.ndim());
  const Tensor from = dtype ? cast(x, *dtype) : x;
  check_floating("mean", from);
  Tensor out = in_steps("mean", from, mask, keepdim, Mean());
  if (autograd::needs_grad(from))
    autograd::record("mean", out, {&from}, [sizes = x.sizes(), mask](Backward& b) {
      const double share = 1.0 / static_cast<double>(reduced_count(sizes, mask));
      b.set(0, spread(b.grad() * share, sizes, mask));
    });
  return out;
}

Tensor var(const Tensor& x, const Dims& dims, double correction, bool keepdim) {
  const DimMask mask = dim_mask("var", dims, x.ndim());
  check_floating("var", x);
  Tensor out = in_steps("var", x, mask, keepdim, Variance{correction, false});
  if (autograd::needs_grad(x))
    autograd::record("var", out, {&x}, [x = Saved(x), mask, correction](Backward& b) {
      b.set(0, variance_grad(b.grad(), x.get(b), mask, correction));
    });
  return out;
}

Tensor std(const Tensor& x, const Dims& dims, double correction, bool keepdim) {
  const DimMask mask = dim_mask("std", dims, x.ndim());
  check_floating("std", x);
  Tensor out = in_steps("std", x, mask, keepdim, Variance{correction, true});
  if (autograd::needs_grad(x)) {
    auto way_back = [x = Saved(x), y = Saved::output(out), mask, correction](Backward& b) {
      const Tensor root = y.get(b);
      const Tensor grad = zero_where(root == 0.0, b.grad() / (root * 2.0));
      b.set(0, variance_grad(grad, x.get(b), mask, correction));
    };
    autograd::record("std", out, {&x}, std::move(way_back));
  }
  return out;
}

Tensor norm(const Tensor& x, double p, const Dims& dims, bool keepdim) {
  const DimMask mask = dim_mask("norm", dims, x.ndim());
  check_floating("norm", x);
  if (p == 0) return sum(where(x == 0.0, sign(x), scalar(1.0, x.dtype())), dims, keepdim);
  if (p == 1) return sum_norm(x, mask, keepdim);
  if (p == 2) return euclidean_norm(x, mask, keepdim);
  if (std::isinf(p)) return p > 0 ? amax(abs(x), dims, keepdim) : amin(abs(x), dims, keepdim);
  const Tensor powers = sum(pow(abs(x), p), dims, keepdim);
  // The root has no slope at 0, where the gradient is 0 by convention.
  const Tensor none = powers == 0.0;
  return zero_where(none, pow(where(none, scalar(1.0, x.dtype()), powers), 1 / p));
}

Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim) {
  const DimMask mask = dim_mask("logsumexp", dims, x.ndim());
  const Tensor from = is_floating(x.dtype()) ? x : cast(x, default_dtype());
  Tensor out = in_steps("logsumexp", from, mask, keepdim, LogSumExp());
  if (autograd::needs_grad(from)) {
    auto way_back = [x = Saved(from), y = Saved::output(out), mask](Backward& b) {
      const Tensor source = x.get(b), sums = with_reduced_dims(y.get(b), source.sizes(), mask);
      b.set(0, with_reduced_dims(b.grad(), source.sizes(), mask) * exp(source - sums));
    };
    autograd::record("logsumexp", out, {&from}, std::move(way_back));
  }
  return out;
}

}  // namespace lamina

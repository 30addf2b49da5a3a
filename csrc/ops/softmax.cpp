#include "ops/softmax.h"

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/lines.h"
#include "ops/loop.h"
#include "ops/reduce.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// One of the two ops: its kernels, and its gradient as a composition.
struct Form {
  const char* name;
  const char* name_bwd;
  template <class T>
  using Fwd = void (*FloatKernels<T>::*)(const SoftmaxBlock&, const T*, T*);
  template <class T>
  using Bwd = void (*FloatKernels<T>::*)(const SoftmaxBlock&, const T*, const T*, T*);
  bool log;

  template <class T>
  Fwd<T> fwd() const {
    return log ? &FloatKernels<T>::log_softmax_fwd : &FloatKernels<T>::softmax_fwd;
  }
  template <class T>
  Bwd<T> bwd() const {
    return log ? &FloatKernels<T>::log_softmax_bwd : &FloatKernels<T>::softmax_bwd;
  }
  Tensor grad(const Tensor& y, const Tensor& g, int64_t dim) const {
    if (log) return g - exp(y) * sum(g, {dim}, true);
    return y * (g - sum(g * y, {dim}, true));
  }
};
constexpr Form kSoftmax{"softmax", "softmax_backward", false};
constexpr Form kLogSoftmax{"log_softmax", "log_softmax_backward", true};

SoftmaxBlock block_of(const Lines& lines, int64_t count) { return {count, lines.n, lines.inner}; }

Tensor softmax_bwd(const Form& form, const Tensor& y, const Tensor& grad, int dim) {
  if (autograd::grad_enabled) return form.grad(y, grad, dim);
  const Tensor from = contiguous(cast(grad, y.dtype()));
  Tensor out = empty_like(y);
  visit_floating(y.dtype(), [&]<class T>() {
    auto* kernel = kernels().get<T>().*form.bwd<T>();
    const Lines lines(y.sizes(), dim);
    exec::launch(form.name_bwd, {&out}, {&y, &from}, [lines, kernel](exec::Buffers buffers) {
      for_lines(lines, kMathGrain, [&](int64_t count, int64_t at) {
        kernel(block_of(lines, count), buffers.get<T>(1) + at, buffers.get<T>(2) + at,
               buffers.get<T>(0) + at);
      });
    });
  });
  return out;
}

Tensor softmax_fwd(const Form& form, const Tensor& x, int64_t dim, std::optional<DType> dtype) {
  const Tensor from = contiguous(dtype ? cast(x, *dtype) : x);
  check<TypeError>(is_floating(from.dtype()), form.name, "expected a floating type; got ",
                   name(from.dtype()), "; pass dtype=, for example float32");
  const int at_dim = wrap_dim(form.name, dim, x.ndim());
  Tensor out = empty_like(from);
  visit_floating(from.dtype(), [&]<class T>() {
    auto* kernel = kernels().get<T>().*form.fwd<T>();
    const Lines lines(from.sizes(), at_dim);
    exec::launch(form.name, {&out}, {&from}, [lines, kernel](exec::Buffers buffers) {
      for_lines(lines, kMathGrain, [&](int64_t count, int64_t at) {
        kernel(block_of(lines, count), buffers.get<T>(1) + at, buffers.get<T>(0) + at);
      });
    });
  });
  if (autograd::needs_grad(from)) {
    auto way_back = [&form, y = Saved::output(out), at_dim](Backward& b) {
      b.set(0, softmax_bwd(form, y.get(b), b.grad(), at_dim));
    };
    autograd::record(form.name, out, {&from}, std::move(way_back));
  }
  return out;
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t dim, std::optional<DType> dtype) {
  return softmax_fwd(kSoftmax, x, dim, dtype);
}
Tensor log_softmax(const Tensor& x, int64_t dim, std::optional<DType> dtype) {
  return softmax_fwd(kLogSoftmax, x, dim, dtype);
}

}  // namespace lamina

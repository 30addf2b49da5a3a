#include "ops/cumulative.h"

#include <limits>

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/join.h"
#include "ops/lines.h"
#include "ops/loop.h"
#include "ops/reduce.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

enum class Direction { kForward, kReverse };

Direction opposite(Direction way) {
  return way == Direction::kForward ? Direction::kReverse : Direction::kForward;
}

template <class T>
using Kernel = void (*)(const ScanBlock& block, const T* x, T* y);

template <class T>
void launch_scan(const char* name, Kernel<T> kernel, const Tensor& x, const Tensor& out, int dim,
                 Direction way) {
  const Lines lines(x.sizes(), dim);
  exec::launch(name, {&out}, {&x}, [=](exec::Buffers buffers) {
    const bool reverse = way == Direction::kReverse;
    const int64_t start = reverse ? (lines.n - 1) * lines.inner : 0;
    const ScanBlock block{0, lines.inner == 1 ? lines.n : 1, lines.n,
                          reverse ? -lines.inner : lines.inner};
    for_lines(lines, kCheapGrain, [&](int64_t count, int64_t at) {
      ScanBlock part = block;
      part.lines = count;
      kernel(part, buffers.get<T>(1) + at + start, buffers.get<T>(0) + at + start);
    });
  });
}

// x in the type that the running value has.
Tensor operand(const Tensor& x, std::optional<DType> dtype) {
  return cast(x, dtype.value_or(is_floating(x.dtype()) ? x.dtype() : DType::kInt64));
}

Tensor running_sum(const Tensor& x, int dim, Direction way) {
  const Tensor from = contiguous(x);
  Tensor out = empty_like(from);
  visit(from.dtype(), [&]<class T>() {
    launch_scan<T>("cumsum", kernels().number<T>().cumsum, from, out, dim, way);
  });
  if (autograd::needs_grad(from))
    autograd::record("cumsum", out, {&from}, [dim, way](Backward& b) {
      b.set(0, running_sum(b.grad(), dim, opposite(way)));
    });
  return out;
}

Tensor running_logsumexp(const Tensor& x, int dim, Direction way) {
  const Tensor from = contiguous(x);
  Tensor out = empty_like(from);
  visit_floating(from.dtype(), [&]<class T>() {
    launch_scan<T>("logcumsumexp", kernels().get<T>().logcumsumexp, from, out, dim, way);
  });
  if (!autograd::needs_grad(from)) return out;
  // Positive and negative gradients run as logarithms, so that exp(-y) need not be representable.
  auto way_back = [x = Saved(from), y = Saved::output(out), dim, way](Backward& b) {
    const Tensor source = x.get(b), sums = y.get(b), grad = b.grad();
    const Tensor none = scalar(-std::numeric_limits<double>::infinity(), grad.dtype());
    const auto share = [&](const Tensor& part) {
      const Tensor logs = where(part > 0.0, log(part) - sums, none);
      return exp(running_logsumexp(logs, dim, opposite(way)) + source);
    };
    b.set(0, share(relu(grad)) - share(relu(-grad)));
  };
  autograd::record("logcumsumexp", out, {&from}, std::move(way_back));
  return out;
}

// Up to the first zero of a line the products are divided by the element. The first zero itself
// passes on what the products would be without it; nothing behind it has a share.
Tensor running_product_grad(const Tensor& x, const Tensor& y, const Tensor& grad, int dim) {
  const Tensor one = scalar(1.0, x.dtype());
  const Tensor is_zero = x == 0.0;
  const Tensor first_zero = is_zero & (cumsum(is_zero, dim) == 1.0);
  const Tensor shares = running_sum(grad * y, dim, Direction::kReverse) / where(is_zero, one, x);
  const Tensor without = cumprod(where(first_zero, one, x), dim);
  return where(first_zero, running_sum(grad * without, dim, Direction::kReverse), shares);
}

// The same, element by element, so that it can be differentiated itself: what the products would be
// with a one in the element's place is its share of each product from there on.
Tensor differentiable_product_grad(const Tensor& x, const Tensor& grad, int dim) {
  const Tensor one = scalar(1.0, x.dtype());
  Dims beside = Dims::filled(x.ndim(), 1);
  beside[dim] = x.size(dim);
  const Tensor places = view(arange(0, 1, x.size(dim), DType::kInt64), beside);
  std::vector<Tensor> shares;
  for (int64_t k = 0; k < x.size(dim); ++k) {
    const Tensor without = cumprod(where(places == scalar(k, DType::kInt64), one, x), dim);
    shares.push_back(sum(narrow(grad * without, dim, k, x.size(dim) - k), Dims{dim}, true));
  }
  return shares.empty() ? zeros(x.sizes(), x.dtype()) : cat(shares, dim);
}

}  // namespace

Tensor cumsum(const Tensor& x, int64_t dim, std::optional<DType> dtype) {
  return running_sum(operand(x, dtype), wrap_dim("cumsum", dim, x.ndim()), Direction::kForward);
}

Tensor cumprod(const Tensor& x, int64_t dim, std::optional<DType> dtype) {
  const int at = wrap_dim("cumprod", dim, x.ndim());
  const Tensor from = contiguous(operand(x, dtype));
  Tensor out = empty_like(from);
  visit(from.dtype(), [&]<class T>() {
    launch_scan<T>("cumprod", kernels().number<T>().cumprod, from, out, at, Direction::kForward);
  });
  if (autograd::needs_grad(from)) {
    auto way_back = [x = Saved(from), y = Saved::output(out), at](Backward& b) {
      b.set(0, autograd::grad_enabled && x.get(b).ndim() > 0
                   ? differentiable_product_grad(x.get(b), b.grad(), at)
                   : running_product_grad(x.get(b), y.get(b), b.grad(), at));
    };
    autograd::record("cumprod", out, {&from}, std::move(way_back));
  }
  return out;
}

Tensor logcumsumexp(const Tensor& x, int64_t dim) {
  const int at = wrap_dim("logcumsumexp", dim, x.ndim());
  check<TypeError>(is_floating(x.dtype()), "logcumsumexp", "expected a floating type; got ",
                   name(x.dtype()));
  return running_logsumexp(x, at, Direction::kForward);
}

}  // namespace lamina

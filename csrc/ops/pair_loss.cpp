// Losses of pairs: one pass forward that computes and sums, one backward; the kernels' formulas on
// tensors where a gradient must be differentiable again.
#include <algorithm>
#include <array>

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/loop.h"
#include "ops/loss.h"
#include "ops/ordered_sum.h"
#include "ops/view.h"

#define LAMINA_ISA_NS on_tensors
#include "kernels/loss_formulas.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// Elements that are computed before they are summed, and those that one thread takes at a time.
constexpr int64_t kBlock = 1024;
constexpr int64_t kTask = 8 * kBlock;
constexpr int64_t kTaskGrain = kCheapGrain / kTask;

using Gradient = Tensor (*)(const Tensor& x, const Tensor& t, const Tensor& g, const double* p);
struct PairInfo {
  const char* name;
  Gradient grad_x;
  Gradient grad_t;  // null where the target is a constant
  bool difference;
};

template <class F>
Tensor grad_of_input(const Tensor& x, const Tensor& t, const Tensor& g, const double* p) {
  return F::grad_x(x, t, g, p);
}
template <class F>
Tensor grad_of_target(const Tensor& x, const Tensor& t, const Tensor& g, const double* p) {
  if constexpr (requires { F::grad_t(x, t, g, p); })
    return F::grad_t(x, t, g, p);
  else
    return -F::grad_x(x, t, g, p);
}

enum class TargetGrad : uint8_t { kDifference, kFormula, kConstant };

template <class F>
constexpr PairInfo info_of(const char* name, TargetGrad target) {
  return {name, &grad_of_input<F>, target == TargetGrad::kConstant ? nullptr : &grad_of_target<F>,
          target == TargetGrad::kDifference};
}
constexpr PairInfo kInfo[] = {
#define PAIR_LOSS(name, Formula, target) info_of<on_tensors::Formula>(#name, TargetGrad::target),
#include "kernels/pair_loss.def"
#undef PAIR_LOSS
};
const PairInfo& info(PairLoss kind) { return kInfo[static_cast<int>(kind)]; }

template <class T>
const PairLossKernels<T>& kernels_of(PairLoss kind) {
  return kernels().loss<T>().pairs[static_cast<int>(kind)];
}

template <class T>
T sum_of(int64_t n, const T* x) {
  T sum;
  auto* kernel = kernels().reduce[static_cast<int>(kDTypeOf<T>)][static_cast<int>(ReduceOp::sum)];
  kernel({1, 0, 1, 0, n, 1}, x, nullptr, &sum);
  return sum;
}

template <class T>
void check_probabilities(const char* op, const char* what, int64_t n, const T* x) {
  bool inside = true;
  for (int64_t i = 0; i < n; ++i) inside &= x[i] >= 0 && x[i] <= 1;
  if (inside) [[likely]]
    return;
  while (*x >= 0 && *x <= 1) ++x;
  fail(op, "expected ", what, " between 0 and 1; got ", *x);
}

// Both operands as one floating type and one shape.
struct Pair {
  Tensor x, target;

  Pair(const char* op, const Tensor& input, const Tensor& other) {
    const DType dtype = result_type(input, other);
    check<TypeError>(is_floating(dtype), op, "expected a floating input; got ", name(input.dtype()),
                     " and a target of ", name(other.dtype()));
    const bool alike = input.sizes() == other.sizes();
    const Dims sizes = alike ? input.sizes() : broadcast(op, input.sizes(), other.sizes());
    const auto dense = [&](const Tensor& operand) {
      return contiguous(cast(alike ? operand : expand(operand, sizes, op), dtype));
    };
    x = dense(input);
    target = dense(other);
  }
};

template <class T>
void run_fwd(PairLoss kind, LossPairs<T> pairs, LossReduction reduction, T* out) {
  const int64_t n = pairs.n;
  auto* kernel = kernels_of<T>(kind).fwd;
  const double sum = ordered_sum((n + kTask - 1) / kTask, kTaskGrain, [&](int64_t task) {
    T losses[kBlock];
    double part = 0;
    const int64_t end = std::min((task + 1) * kTask, n);
    for (int64_t i = task * kTask; i < end; i += kBlock) {
      const int64_t count = std::min(kBlock, end - i);
      if (kind == PairLoss::binary_cross_entropy) {
        check_probabilities(info(kind).name, "an input", count, pairs.x + i);
        check_probabilities(info(kind).name, "a target", count, pairs.target + i);
      }
      const bool each = reduction == LossReduction::kNone;
      kernel({count, pairs.x + i, pairs.target + i, pairs.p}, each ? out + i : losses);
      if (!each) part += static_cast<double>(sum_of(count, losses));
    }
    return part;
  });
  if (reduction == LossReduction::kNone) return;
  *out = static_cast<T>(reduction == LossReduction::kMean ? sum / static_cast<double>(n) : sum);
}

// The gradient of x: one that depends on no composition.
Tensor fused_grad(PairLoss kind, const Pair& pair, const Tensor& grad, double scale, double p) {
  Tensor out = empty_like(pair.x);
  const Tensor from = contiguous(grad);
  const int64_t n = pair.x.count(), step = from.ndim() == 0 && pair.x.ndim() > 0 ? 0 : 1;
  visit_floating(out.dtype(), [&]<class T>() {
    exec::launch(info(kind).name, {&out}, {&pair.x, &pair.target, &from}, [=](exec::Buffers at) {
      auto* kernel = kernels_of<T>(kind).bwd;
      const T number = static_cast<T>(p);
      parallel_for(n, kCheapGrain, [&](int64_t first, int64_t last) {
        kernel({last - first, at.get<T>(1) + first, at.get<T>(2) + first, &number},
               {at.get<T>(3) + first * step, step, static_cast<T>(scale)}, at.get<T>(0) + first);
      });
    });
  });
  return out;
}

void pair_bwd(Backward& b, PairLoss kind, const Tensor& x, const Tensor& target, double scale,
              double p) {
  const PairInfo& how = info(kind);
  const bool composed = autograd::grad_enabled;
  const bool fused_target = how.difference && !composed;
  const Tensor grad = b.grad();
  if (!composed && (b.needs(0) || (fused_target && b.needs(1)))) {
    const Pair pair(how.name, x, target);
    if (b.needs(0)) b.set(0, fused_grad(kind, pair, grad, scale, p));
    if (fused_target && b.needs(1)) b.set(1, fused_grad(kind, pair, grad, -scale, p));
  }
  if (!composed && (fused_target || !b.needs(1))) return;
  const Dims sizes = broadcast(how.name, x.sizes(), target.sizes());
  const Tensor scaled = expand(scale == 1 ? grad : grad * scale, sizes);
  if (composed && b.needs(0)) b.set(0, how.grad_x(x, target, scaled, &p));
  if (how.grad_t && b.needs(1)) b.set(1, how.grad_t(x, target, scaled, &p));
}

}  // namespace

LossReduction loss_reduction(const char* op, std::string_view name) {
  if (name == "mean") return LossReduction::kMean;
  if (name == "sum") return LossReduction::kSum;
  check(name == "none", op, "expected reduction to be 'none', 'mean' or 'sum'; got '", name, "'");
  return LossReduction::kNone;
}

Tensor pair_loss(PairLoss kind, const Tensor& input, const Tensor& target, LossReduction reduction,
                 double p) {
  const PairInfo& how = info(kind);
  const Pair pair(how.name, input, target);
  const int64_t n = pair.x.count();
  const bool each = reduction == LossReduction::kNone;
  Tensor out = empty(each ? pair.x.sizes() : Dims{}, pair.x.dtype());
  visit_floating(out.dtype(), [&]<class T>() {
    exec::launch(how.name, {&out}, {&pair.x, &pair.target}, [=](exec::Buffers at) {
      const T number = static_cast<T>(p);
      run_fwd<T>(kind, {n, at.get<T>(1), at.get<T>(2), &number}, reduction, at.get<T>(0));
    });
  });
  if (autograd::needs_grad(input) || (how.grad_t && autograd::needs_grad(target))) {
    const double scale = reduction == LossReduction::kMean ? 1 / static_cast<double>(n) : 1;
    autograd::record(how.name, out, {&input, &target},
                     [=, x = Saved(input), t = Saved(target)](Backward& b) {
                       pair_bwd(b, kind, x.get(b), t.get(b), scale, p);
                     });
  }
  return out;
}

Tensor bounded_variance(const Tensor& variance, double eps) {
  static constexpr const char* kName = "gaussian_nll_loss";
  check<TypeError>(is_floating(variance.dtype()), kName, "expected a floating variance; got ",
                   name(variance.dtype()));
  const Tensor from = contiguous(variance);
  Tensor out = empty_like(from);
  visit_floating(out.dtype(), [&]<class T>() {
    exec::launch(kName, {&out}, {&from}, [n = from.count(), eps](exec::Buffers at) {
      T* y = at.get<T>(0);
      const T* x = at.get<T>(1);
      const T least = static_cast<T>(eps);
      parallel_for(n, kCheapGrain, [&](int64_t first, int64_t last) {
        for (int64_t i = first; i < last; ++i) {
          check(!(x[i] < 0), kName, "expected a variance of at least 0; got ", x[i]);
          y[i] = x[i] < least ? least : x[i];
        }
      });
    });
  });
  if (autograd::needs_grad(variance))
    autograd::record(kName, out, {&variance}, [](Backward& b) { b.set(0, b.grad()); });
  return out;
}

}  // namespace lamina

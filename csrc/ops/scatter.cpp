#include "ops/scatter.h"

#include <limits>

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/index_plan.h"
#include "ops/inplace.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

template <class T>
auto* kernel_for(Scatter how) {
  const NumberKernels<T>& table = kernels().number<T>();
  switch (how) {
    case Scatter::kSet:
      return table.scatter_set;
    case Scatter::kMul:
      return table.scatter_mul;
    case Scatter::kMax:
      return table.scatter_max;
    case Scatter::kMin:
      return table.scatter_min;
    case Scatter::kAdd:
    case Scatter::kMean:
      break;
  }
  return table.scatter_add;
}

// The part of `source` that the index covers.
Tensor covered(Tensor source, const Dims& index) {
  for (int d = 0; d < index.size(); ++d)
    if (source.size(d) != index[d]) source = narrow(source, d, 0, index[d]);
  return source;
}

void launch_scatter(const char* op, const IndexPlan& plan, const Tensor& target, int64_t size,
                    const Tensor& index, const Tensor& values, Scatter how) {
  visit(target.dtype(), [&]<class T>() {
    auto* kernel = kernel_for<T>(how);
    const int64_t count = index.count();
    exec::launch(op, {&target}, {&index, &values, &target}, [=](exec::Buffers buffers) {
      auto* places = buffers.get<const int64_t>(1);
      check_bounds(op, places, count, size);
      run(plan, CutAlong::kNo, [=](const IndexLoop& loop, const IndexOffsets& first) {
        kernel(loop, buffers.get<T>(0) + first.tensor, places + first.index,
               buffers.get<const T>(2) + first.values);
      });
    });
  });
}

// Without history.
void scatter_values(const char* op, const Tensor& target, int dim, const Tensor& index,
                    const Tensor& source, Scatter how) {
  if (index.count() == 0) return;
  const Tensor at = dense_index(op, index);
  const Tensor values = source->storage == target->storage ? clone(detach(source)) : source;
  launch_scatter(op, plan_index(target, dim, at, values), target,
                 target.ndim() > 0 ? target.size(dim) : 1, at, values, how);
}

// What leaves the other operand as it is.
Tensor neutral(Scatter how, DType dtype) {
  return visit(dtype, [&]<class T>() {
    using Limits = std::numeric_limits<T>;
    Tensor out = empty({}, dtype);
    T& value = *out.data<T>();
    value = T(how == Scatter::kMul);
    if (how == Scatter::kMax)
      value = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    if (how == Scatter::kMin) value = Limits::has_infinity ? Limits::infinity() : Limits::max();
    return out;
  });
}

// How many values meet in each element, at least 1, in the type of the target.
Tensor value_counts(const Tensor& like, int dim, const Tensor& index, bool include_self) {
  const DType dtype = like.dtype();
  const Tensor counts = full(like.sizes(), static_cast<int64_t>(include_self), dtype);
  scatter_values("scatter_reduce", counts, dim, index,
                 expand(scalar(int64_t{1}, dtype), index.sizes()), Scatter::kAdd);
  return maximum(counts, scalar(int64_t{1}, dtype));
}

Tensor without_named(const Tensor& x, int dim, const Tensor& index) {
  const Tensor out = clone(x);
  scatter_(out, dim, index, expand(scalar(int64_t{0}, x.dtype()), index.sizes()), Scatter::kSet);
  return out;
}

// The way back of scatter_reduce_.
struct ReduceGrad {
  Scatter how;
  bool include_self;
  int dim;
  Saved before, index, source, result;

  void operator()(Backward& b) const {
    const Tensor at = index.get(b);
    const auto set = [&](Tensor grad_target, const Tensor& grad_source) {
      if (!include_self) grad_target = without_named(grad_target, dim, at);
      b.set(0, grad_target);
      b.set(1, grad_source);
    };
    const Tensor& grad = b.grad();
    if (how == Scatter::kAdd) {
      set(grad, gather(grad, dim, at));
    } else if (how == Scatter::kMean) {
      const Tensor share = grad / value_counts(grad, dim, at, include_self);
      set(share, gather(share, dim, at));
    } else if (how == Scatter::kMul) {
      set(grad_of_first_factor(b, at), grad_of_factors(b, at));
    } else {
      share_among_equals(b, at, set);
    }
  }

  // The gradient of an extreme is divided evenly among the elements that reach it.
  template <class Set>
  void share_among_equals(Backward& b, const Tensor& at, Set set) const {
    const Tensor extreme = result.get(b);
    const DType dtype = extreme.dtype();
    Tensor target_reaches = cast(before.get(b) == extreme, dtype);
    if (!include_self) target_reaches = without_named(target_reaches, dim, at);
    const Tensor source_reaches = cast(source.get(b) == gather(extreme, dim, at), dtype);
    const Tensor winners = clone(target_reaches);
    scatter_(winners, dim, at, source_reaches, Scatter::kAdd);
    const Tensor share = b.grad() / maximum(winners, scalar(int64_t{1}, dtype));
    set(target_reaches * share, source_reaches * gather(share, dim, at));
  }

  Tensor product(const Tensor& first, const Tensor& at, const Tensor& factors) const {
    const Tensor out = clone(first);
    scatter_reduce_(out, dim, at, factors, Scatter::kMul, include_self);
    return out;
  }

  // A product divided by a factor is that of the others, unless the factor is zero: then it is
  // replaced by 1.
  Tensor grad_of_first_factor(Backward& b, const Tensor& at) const {
    const Tensor first = before.get(b);
    const Tensor divisor = select(first == 0.0, 1.0, first);
    return b.grad() * product(divisor, at, source.get(b)) / divisor;
  }

  Tensor grad_of_factors(Backward& b, const Tensor& at) const {
    const Tensor factors = source.get(b), first = before.get(b);
    const Tensor zero = factors == 0.0;
    const Tensor zeros_met = zeros(first.sizes(), first.dtype());
    scatter_(zeros_met, dim, at, cast(zero, first.dtype()), Scatter::kAdd);
    const Tensor only_zero = zero & (gather(zeros_met, dim, at) == 1.0);
    const Tensor others = product(first, at, select(only_zero, 1.0, factors));
    return select(only_zero, gather(b.grad() * others, dim, at),
                  gather(b.grad() * result.get(b), dim, at) / select(zero, 1.0, factors));
  }
};

void check_scatter(const char* op, const Tensor& target, int dim, const Tensor& index,
                   const Tensor& source) {
  check_inplace(op, target);
  check<TypeError>(source.dtype() == target.dtype(), op, "expected values of the target's type, ",
                   name(target.dtype()), "; got ", name(source.dtype()));
  if (index.count() == 0) return;
  check_index_shape(op, target.sizes(), dim, index.sizes());
  check(index.ndim() == source.ndim(), op,
        "expected an index and values of as many dimensions; got ", index.sizes(), " and ",
        source.sizes());
  for (int d = 0; d < index.ndim(); ++d)
    check(index.size(d) <= source.size(d), op, "expected an index no larger than the values; got ",
          index.sizes(), " and ", source.sizes());
}

void set_or_add(const char* op, const Tensor& target, int dim, const Tensor& index,
                const Tensor& source, Scatter how) {
  check_scatter(op, target, dim, index, source);
  const Tensor values = covered(source, index.sizes());
  Ref<autograd::Node> node;
  if (autograd::needs_grad(target, values)) {
    auto way_back = [how, dim, index = Saved(index)](Backward& b) {
      const Tensor at = index.get(b);
      if (b.needs(0)) b.set(0, how == Scatter::kSet ? without_named(b.grad(), dim, at) : b.grad());
      if (b.needs(1)) b.set(1, gather(b.grad(), dim, at));
    };
    node = autograd::make_node(op, {&target, &values}, std::move(way_back));
  }
  scatter_values(op, target, dim, index, values, how);
  finish_inplace(target, std::move(node));
}

void reduce_values(const Tensor& target, int dim, const Tensor& index, const Tensor& source,
                   Scatter how, bool include_self) {
  constexpr const char* kName = "scatter_reduce_";
  if (!include_self)
    scatter_values(kName, target, dim, index, expand(neutral(how, target.dtype()), index.sizes()),
                   Scatter::kSet);
  scatter_values(kName, target, dim, index, source, how);
  if (how != Scatter::kMean) return;
  const autograd::Scoped no_grad(autograd::grad_enabled, false);
  const Tensor counts = value_counts(target, dim, index, include_self);
  binary_(is_floating(target.dtype()) ? BinaryOp::div : BinaryOp::floor_divide, target, counts);
}

}  // namespace

void check_index_shape(const char* op, const Dims& sizes, int dim, const Dims& index) {
  const bool scalars = sizes.size() <= 1 && index.size() <= 1;
  check(scalars || sizes.size() == index.size(), op, "expected an index of ", sizes.size(),
        " dimensions; got shape ", index);
  for (int d = 0; d < std::min(sizes.size(), index.size()); ++d)
    check(d == dim || index[d] <= sizes[d], op, "expected an index no larger than ", sizes,
          " except in dimension ", dim, "; got ", index);
}

void scatter_(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& source,
              Scatter how) {
  const char* op = how == Scatter::kSet ? "scatter_" : "scatter_add_";
  set_or_add(op, target, wrap_dim(op, dim, target.ndim()), index, source, how);
}

void index_scatter_(const char* op, const Tensor& target, int64_t dim, const Tensor& index,
                    const Tensor& source, Scatter how) {
  const int d = wrap_dim(op, dim, target.ndim());
  check<IndexError>(index.ndim() <= 1, op, "expected an index of one dimension; got shape ",
                    index.sizes());
  Dims sizes = target.sizes();
  if (target.ndim() > 0) sizes[d] = index.count();
  check(source.sizes() == sizes, op, "expected values of shape ", sizes, "; got ", source.sizes());
  set_or_add(op, target, d, spread_index(index, sizes, d), source, how);
}

void scatter_reduce_(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& source,
                     Scatter how, bool include_self) {
  constexpr const char* kName = "scatter_reduce_";
  const int d = wrap_dim(kName, dim, target.ndim());
  check_scatter(kName, target, d, index, source);
  const Tensor values = covered(source, index.sizes());
  Ref<autograd::Node> node;
  if (autograd::needs_grad(target, values)) {
    const bool linear = how == Scatter::kAdd || how == Scatter::kMean;
    ReduceGrad way_back{how, include_self, d, Saved(), Saved(index), Saved(), Saved()};
    if (!linear) {
      way_back.before = Saved(clone(target));
      way_back.source = Saved(values);
      way_back.result = Saved::output(target).after_next_change();
    }
    node = autograd::make_node(kName, {&target, &values}, std::move(way_back));
  }
  reduce_values(target, d, index, values, how, include_self);
  finish_inplace(target, std::move(node));
}

}  // namespace lamina

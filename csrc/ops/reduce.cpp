#include "ops/reduce.h"

#include "autograd/node.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/reduction.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// A reduction that PyTorch computes in the type asked for.
Tensor reduce_as(const char* name, ReduceOp op, const Tensor& x, DimMask mask, bool keepdim,
                 std::optional<DType> dtype) {
  const Tensor out = reduce(name, op, x, mask, keepdim);
  return dtype ? cast(out, *dtype) : out;
}

// x in the type asked for, except that integers are summed as they are and converted then.
Tensor operand(const Tensor& x, std::optional<DType> dtype) {
  const bool exact = dtype && !is_floating(*dtype) && !is_floating(x.dtype());
  return dtype && !exact ? cast(x, *dtype) : x;
}

// Product of the others by leaving one out at a time: n^2 elements, but as often differentiable as
// one likes.
Tensor products_of_others(const Tensor& x, DimMask mask) {
  Dims order, inverse = Dims::filled(x.ndim(), 0), flat;
  for (const bool reduced : {false, true})
    for (int d = 0; d < x.ndim(); ++d) {
      if (static_cast<bool>(mask >> d & 1U) != reduced) continue;
      inverse[d] = order.size();
      order.push_back(d);
      if (!reduced) flat.push_back(x.size(d));
    }
  const int64_t n = reduced_count(x.sizes(), mask);
  flat.push_back(n);
  const Tensor sorted = permute(x, order);
  const Tensor index = arange(0, 1, n, DType::kInt64);
  const Tensor self = unsqueeze(index, 1) == index;
  const Tensor others = where(self, scalar(1.0, x.dtype()), unsqueeze(reshape(sorted, flat), -2));
  return permute(reshape(prod(others, {-1}, false), sorted.sizes()), inverse);
}

// The same from the product of all, where zeros are counted apart.
Tensor products_of_others_once(const Tensor& x, DimMask mask) {
  const Tensor is_zero = x == 0.0;
  const Tensor safe = where(is_zero, scalar(1.0, x.dtype()), x);
  const Tensor product = reduce("prod", ReduceOp::prod, safe, mask, true);
  const Tensor zeros = reduce("count", ReduceOp::count_nonzero, is_zero, mask, true);
  const Tensor none = scalar(0.0, x.dtype());
  return where(is_zero, where(zeros == 1.0, product, none),
               where(zeros == 0.0, product / safe, none));
}

Tensor extreme(const char* name, ReduceOp op, const Tensor& x, const Dims& dims, bool keepdim) {
  const DimMask mask = dim_mask(name, dims, x.ndim());
  check_not_empty(name, x.sizes(), mask);
  Tensor out = reduce(name, op, x, mask, keepdim);
  if (!autograd::needs_grad(x)) return out;
  auto way_back = [x = Saved(x), y = Saved::output(out), mask](Backward& b) {
    const Tensor from = x.get(b);
    // Where there is a NaN, it is the extreme.
    const Tensor equal = from == with_reduced_dims(y.get(b), from.sizes(), mask);
    const Tensor hit = cast(equal | (from != from), from.dtype());
    const Tensor share = with_reduced_dims(b.grad(), from.sizes(), mask) /
                         reduce("count", ReduceOp::sum, hit, mask, true);
    b.set(0, share * hit);
  };
  autograd::record(name, out, {&x}, std::move(way_back));
  return out;
}

// PyTorch answers uint8 with uint8.
Tensor truth(const char* name, ReduceOp op, const Tensor& x, const Dims& dims, bool keepdim) {
  const Tensor out = reduce(name, op, x, dim_mask(name, dims, x.ndim()), keepdim);
  return x.dtype() == DType::kUInt8 ? cast(out, DType::kUInt8) : out;
}

}  // namespace

Tensor sum(const Tensor& x, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  const DimMask mask = dim_mask("sum", dims, x.ndim());
  const Tensor from = operand(x, dtype);
  Tensor out = reduce_as("sum", ReduceOp::sum, from, mask, keepdim, dtype);
  if (is_floating(out.dtype()) && autograd::needs_grad(from))
    autograd::record("sum", out, {&from}, [sizes = x.sizes(), mask](Backward& b) {
      b.set(0, spread(b.grad(), sizes, mask));
    });
  return out;
}

Tensor nansum(const Tensor& x, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  const Tensor from = operand(x, dtype);
  if (!is_floating(from.dtype())) return sum(from, dims, keepdim, dtype);
  const DimMask mask = dim_mask("nansum", dims, x.ndim());
  Tensor out = reduce_as("nansum", ReduceOp::nansum, from, mask, keepdim, dtype);
  if (is_floating(out.dtype()) && autograd::needs_grad(from))
    autograd::record("nansum", out, {&from}, [x = Saved(from), mask](Backward& b) {
      const Tensor saved = x.get(b);
      b.set(0, spread(b.grad(), saved.sizes(), mask) * cast(saved == saved, saved.dtype()));
    });
  return out;
}

Tensor prod(const Tensor& x, const Dims& dims, bool keepdim, std::optional<DType> dtype) {
  const DimMask mask = dim_mask("prod", dims, x.ndim());
  const Tensor from = operand(x, dtype);
  Tensor out = reduce_as("prod", ReduceOp::prod, from, mask, keepdim, dtype);
  if (is_floating(out.dtype()) && autograd::needs_grad(from))
    autograd::record("prod", out, {&from}, [x = Saved(from), mask](Backward& b) {
      const Tensor saved = x.get(b);
      const Tensor others = autograd::grad_enabled ? products_of_others(saved, mask)
                                                   : products_of_others_once(saved, mask);
      b.set(0, with_reduced_dims(b.grad(), saved.sizes(), mask) * others);
    });
  return out;
}

Tensor amax(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("amax", ReduceOp::amax, x, dims, keepdim);
}
Tensor amin(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("amin", ReduceOp::amin, x, dims, keepdim);
}
Tensor any(const Tensor& x, const Dims& dims, bool keepdim) {
  return truth("any", ReduceOp::any, x, dims, keepdim);
}
Tensor all(const Tensor& x, const Dims& dims, bool keepdim) {
  return truth("all", ReduceOp::all, x, dims, keepdim);
}
Tensor count_nonzero(const Tensor& x, const Dims& dims) {
  const DimMask mask = dim_mask("count_nonzero", dims, x.ndim());
  return reduce("count_nonzero", ReduceOp::count_nonzero, x, mask, false);
}

Tensor sum_to(const Tensor& grad, const Dims& sizes, DType dtype) {
  if (grad.sizes() == sizes) return cast(grad, dtype);
  Dims dims;
  const int added = grad.ndim() - sizes.size();
  for (int d = 0; d < grad.ndim(); ++d)
    if (d < added || (sizes[d - added] == 1 && grad.size(d) != 1)) dims.push_back(d);
  return cast(reshape(dims.empty() ? grad : sum(grad, dims, true), sizes), dtype);
}

}  // namespace lamina

#include "ops/index.h"

#include <bit>
#include <cstring>

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/index_plan.h"
#include "ops/inplace.h"
#include "ops/scatter.h"
#include "ops/subscript.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

Tensor gather_along(const char* op, const Tensor& x, int dim, const Tensor& index) {
  Tensor out = empty(index.sizes(), x.dtype());
  const Tensor at = dense_index(op, index);
  const IndexPlan plan = plan_index(x, dim, at, out);
  const int64_t size = x.ndim() > 0 ? x.size(dim) : 1;
  const int64_t count = out.count() > 0 ? at.count() : 0;
  visit(x.dtype(), [&]<class T>() {
    auto* kernel = kernels().number<T>().gather;
    exec::launch(op, {&out}, {&x, &at}, [=](exec::Buffers buffers) {
      auto* places = buffers.get<const int64_t>(2);
      check_bounds(op, places, count, size);
      run(plan, CutAlong::kYes, [=](const IndexLoop& loop, const IndexOffsets& first) {
        kernel(loop, buffers.get<const T>(1) + first.tensor, places + first.index,
               buffers.get<T>(0) + first.values);
      });
    });
  });
  if (autograd::needs_grad(x))
    autograd::record(
        op, out, {&x},
        [sizes = x.sizes(), dtype = x.dtype(), dim, index = Saved(index)](Backward& b) {
          const Tensor grad = zeros(sizes, dtype);
          scatter_(grad, dim, index.get(b), b.grad(), Scatter::kAdd);
          b.set(0, grad);
        });
  return out;
}

void check_mask(const char* op, const Tensor& mask) {
  check<TypeError>(mask.dtype() == DType::kBool, op, "expected a mask of type bool; got ",
                   name(mask.dtype()));
}

// Number of true elements before each block of kBlock, and of all of them at the end.
constexpr int64_t kBlock = 4096;

void count_true(const bool* mask, int64_t count, int64_t* before) {
  const int64_t blocks = (count + kBlock - 1) / kBlock;
  parallel_for(blocks, 64, [=](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block) {
      int64_t found = 0;
      const int64_t end = std::min((block + 1) * kBlock, count);
      for (int64_t i = block * kBlock; i < end; ++i) found += mask[i];
      before[block + 1] = found;
    }
  });
  before[0] = 0;
  for (int64_t block = 0; block < blocks; ++block) before[block + 1] += before[block];
}

// Calls f with the position of each true element of [first, last), eight at a look.
template <class F>
void for_each_true(const bool* mask, int64_t first, int64_t last, F f) {
  for (; first + 8 <= last; first += 8) {
    uint64_t flags;
    std::memcpy(&flags, mask + first, 8);
    for (; flags != 0; flags &= flags - 1) f(first + std::countr_zero(flags) / 8);
  }
  for (; first < last; ++first)
    if (mask[first]) f(first);
}

// Coordinates of the true elements of [first, last), one row after the other.
void write_coordinates(const bool* mask, int64_t first, int64_t last, const Dims& sizes,
                       int64_t* out) {
  for_each_true(mask, first, last, [&](int64_t rest) {
    for (int d = sizes.size() - 1; d > 0; --d) {
      out[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    if (!sizes.empty()) out[0] = rest;
    out += sizes.size();
  });
}

}  // namespace

Tensor gather(const Tensor& x, int64_t dim, const Tensor& index) {
  const int d = wrap_dim("gather", dim, x.ndim());
  check_index_shape("gather", x.sizes(), d, index.sizes());
  return gather_along("gather", x, d, index);
}

Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index) {
  const int d = wrap_dim("index_select", dim, x.ndim());
  check<IndexError>(index.ndim() <= 1, "index_select",
                    "expected an index of one dimension; got shape ", index.sizes());
  check<IndexError>(x.ndim() > 0 || index.count() == 1, "index_select",
                    "expected one index into a 0-d tensor; got ", index.count());
  Dims sizes = x.sizes();
  if (x.ndim() > 0) sizes[d] = index.count();
  return gather_along("index_select", x, d, spread_index(index, sizes, d));
}

Tensor take(const Tensor& x, const Tensor& places) {
  return take_at("take", reshape(x, {-1}), {places});
}

Tensor nonzero(const Tensor& x) {
  const Tensor mask = contiguous(cast(detach(x), DType::kBool));
  const int64_t count = mask.count();
  const int64_t blocks = (count + kBlock - 1) / kBlock;
  const Tensor before = empty({blocks + 1}, DType::kInt64);
  exec::launch("nonzero_count", {&before}, {&mask}, [count](exec::Buffers buffers) {
    count_true(buffers.get<const bool>(1), count, buffers.get<int64_t>(0));
  });
  exec::value_read("nonzero", "use where(mask, x, y), whose shape does not depend on values");
  const int64_t found = before.data<int64_t>()[blocks];
  Tensor out = empty({found, x.ndim()}, DType::kInt64);
  exec::launch("nonzero", {&out}, {&mask, &before},
               [count, blocks, sizes = x.sizes()](exec::Buffers buffers) {
                 auto* to = buffers.get<int64_t>(0);
                 auto* from = buffers.get<const bool>(1);
                 auto* start = buffers.get<const int64_t>(2);
                 parallel_for(blocks, 8, [=, &sizes](int64_t first, int64_t last) {
                   write_coordinates(from, first * kBlock, std::min(last * kBlock, count), sizes,
                                     to + start[first] * sizes.size());
                 });
               });
  return out;
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  check_mask("masked_fill", mask);
  check(value.ndim() == 0, "masked_fill", "expected a number or a 0-d tensor; got shape ",
        value.sizes());
  return where(mask, cast(value, x.dtype()), x);
}

void masked_fill_(const Tensor& target, const Tensor& mask, const Tensor& value) {
  check_inplace("masked_fill_", target);
  copy_(target, masked_fill(target, mask, value));
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check_mask("masked_select", mask);
  const Dims sizes = broadcast("masked_select", x.sizes(), mask.sizes());
  return index(expand(x, sizes), std::array<Index, 1>{Index(expand(mask, sizes))});
}

Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source) {
  check_mask("masked_scatter", mask);
  check<TypeError>(x.dtype() == source.dtype(), "masked_scatter",
                   "expected a source of the same type, ", name(x.dtype()), "; got ",
                   name(source.dtype()));
  const Dims sizes = broadcast("masked_scatter", x.sizes(), mask.sizes());
  const Tensor flat = view(clone(expand(x, sizes)), {-1});
  const Tensor places = select_index(nonzero(reshape(expand(mask, sizes), {-1})), 1, 0);
  check(places.count() <= source.count(), "masked_scatter", "expected at least ", places.count(),
        " elements in the source; got ", source.count());
  scatter_(flat, 0, places, narrow(reshape(source, {-1}), 0, 0, places.count()), Scatter::kSet);
  return view(flat, sizes);
}

}  // namespace lamina

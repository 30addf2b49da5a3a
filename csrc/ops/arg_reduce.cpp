#include "ops/arg_reduce.h"

#include <algorithm>

#include "autograd/node.h"
#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/loop.h"
#include "ops/reduction.h"
#include "ops/scatter.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;

enum class Extreme { kMax, kMin };

template <class T>
using Kernel = void (*)(const ReduceBlock& block, const T* x, T* values, int64_t* indices);

// Elements of a result that one call searches at most, and of a call (and its columns) at least.
constexpr int64_t kPiece = int64_t{1} << 16;
constexpr int64_t kTaskElements = int64_t{1} << 14;
constexpr int64_t kTaskColumns = int64_t{1} << 9;

// The results of group after group (see Reduction: all but the last of the kept dimensions), in
// chunks.
template <class T>
void search(const Reduction& how, Kernel<T> kernel, const T* x, T* values, int64_t* indices) {
  const int64_t line = how.kept.back(), groups = how.results() / line;
  const int64_t least = how.n_stride == 1 ? 1 : kTaskColumns;
  const int64_t chunk = std::min(line, std::max(least, kTaskElements / how.n));
  const int64_t chunks = (line + chunk - 1) / chunk;
  parallel_for(groups * chunks, std::max<int64_t>(1, 2 * kCheapGrain / (chunk * how.n)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t task = begin; task < end; ++task) {
                   const int64_t first = task % chunks * chunk,
                                 result = task / chunks * line + first;
                   int64_t at = first * how.kept_strides.back(), group = task / chunks;
                   for (int d = how.kept.size() - 1; d-- > 0; group /= how.kept[d])
                     at += group % how.kept[d] * how.kept_strides[d];
                   kernel({std::min(chunk, line - first), how.kept_strides.back(), 1, 0, how.n,
                           how.n_stride},
                          x + at, values + result, indices + result);
                 }
               });
}

// One long row: its pieces are the results of a search, and then the elements of another.
template <class T>
void search_long_row(int64_t n, Kernel<T> kernel, const T* x, T* values, int64_t* indices) {
  const int64_t pieces = (n + kPiece - 1) / kPiece;
  Scratch<T> extremes(pieces);
  Scratch<int64_t> places(pieces);
  parallel_for(pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      kernel({1, 0, 1, 0, std::min(kPiece, n - i * kPiece), 1}, x + i * kPiece, extremes.data() + i,
             places.data() + i);
  });
  int64_t piece = 0;
  kernel({1, 0, 1, 0, pieces, 1}, extremes.data(), values, &piece);
  *indices = piece * kPiece + places.data()[piece];
}

ValuesIndices find(const char* name, Extreme extreme, const Tensor& x, DimMask mask, bool keepdim) {
  check_not_empty(name, x.sizes(), mask);
  const Reducible from = reducible(x, mask);
  const Dims sizes = reduced_sizes(x.sizes(), mask, keepdim);
  ValuesIndices out{empty(sizes, x.dtype()), empty(sizes, DType::kInt64)};
  if (out.values.count() == 0) return out;
  visit(x.dtype(), [&]<class T>() {
    const auto& table = kernels().number<T>();
    const Kernel<T> kernel = extreme == Extreme::kMax ? table.argmax : table.argmin;
    exec::launch(name, {&out.values, &out.indices}, {&from.x},
                 [how = from.how, kernel](exec::Buffers buffers) {
                   T* values = buffers.get<T>(0);
                   auto* indices = buffers.get<int64_t>(1);
                   const T* source = buffers.get<T>(2);
                   if (how.results() == 1 && how.n_stride == 1 && how.n > kPiece)
                     search_long_row(how.n, kernel, source, values, indices);
                   else
                     search(how, kernel, source, values, indices);
                 });
  });
  return out;
}

ValuesIndices extreme_along(const char* name, Extreme extreme, const Tensor& x, int64_t dim,
                            bool keepdim) {
  const int at = wrap_dim(name, dim, x.ndim());
  const DimMask mask = dim_mask(name, {at}, x.ndim());
  const ValuesIndices out = find(name, extreme, x, mask, keepdim);
  if (autograd::needs_grad(x)) {
    auto way_back = [indices = out.indices, sizes = x.sizes(), at, mask](Backward& b) {
      const Tensor grad = zeros(sizes, b.grad().dtype());
      scatter_(grad, at, with_reduced_dims(indices, sizes, mask),
               with_reduced_dims(b.grad(), sizes, mask), Scatter::kSet);
      b.set(0, grad);
    };
    autograd::record(name, out.values, {&x}, std::move(way_back));
  }
  return out;
}

Tensor position(const char* name, Extreme extreme, const Tensor& x) {
  // Positions count in the order of the elements, which only a contiguous tensor is walked in.
  const Tensor flat = x.contiguous() ? x : clone(detach(x));
  return find(name, extreme, flat, dim_mask(name, {}, x.ndim()), false).indices;
}

Tensor position_along(const char* name, Extreme extreme, const Tensor& x, int64_t dim,
                      bool keepdim) {
  return find(name, extreme, x, dim_mask(name, {dim}, x.ndim()), keepdim).indices;
}

}  // namespace

Tensor argmax(const Tensor& x) { return position("argmax", Extreme::kMax, x); }
Tensor argmin(const Tensor& x) { return position("argmin", Extreme::kMin, x); }
Tensor argmax(const Tensor& x, int64_t dim, bool keepdim) {
  return position_along("argmax", Extreme::kMax, x, dim, keepdim);
}
Tensor argmin(const Tensor& x, int64_t dim, bool keepdim) {
  return position_along("argmin", Extreme::kMin, x, dim, keepdim);
}
ValuesIndices max(const Tensor& x, int64_t dim, bool keepdim) {
  return extreme_along("max", Extreme::kMax, x, dim, keepdim);
}
ValuesIndices min(const Tensor& x, int64_t dim, bool keepdim) {
  return extreme_along("min", Extreme::kMin, x, dim, keepdim);
}

}  // namespace lamina

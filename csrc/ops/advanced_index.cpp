#include "ops/advanced_index.h"

#include "autograd/node.h"
#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/index_plan.h"
#include "ops/inplace.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

constexpr const char* kPut = "index_put_";

struct IndexedDim {
  int64_t size;
  int64_t stride;
};

// Advanced indexing, laid out: the offset of each position is the sum over the indexed dimensions.
struct Layout {
  std::vector<Tensor> indices;  // int64, contiguous, of one shape
  std::array<IndexedDim, kMaxDims> dims;
  Dims index_sizes;
  int place = 0;  // where the dimensions of the indices stand among those of the values
  Dims value_sizes;

  const char* op;

  Layout(const char* name, const Tensor& x, const std::vector<Tensor>& at);
  IndexPlan plan(const Tensor& x, const std::vector<Tensor>& at, const Dims& value_strides) const;
};

Layout::Layout(const char* name, const Tensor& x, const std::vector<Tensor>& at) : op(name) {
  int last = -1, first = -1;
  bool apart = false;
  for (int d = 0; d < x.ndim(); ++d) {
    const Tensor& index = at[static_cast<size_t>(d)];
    if (!index) {
      value_sizes.push_back(x.size(d));
      continue;
    }
    check<IndexError>(index.dtype() == DType::kInt64 || index.dtype() == DType::kInt32, op,
                      "expected indices of type int64 or int32, or a mask of type bool; got ",
                      lamina::name(index.dtype()));
    if (first < 0) first = d;
    apart |= last >= 0 && last + 1 != d;
    last = d;
    index_sizes = broadcast(op, index_sizes, index.sizes());
    dims[indices.size()] = {x.size(d), x.stride(d)};
    indices.push_back(index);
  }
  for (Tensor& index : indices) {
    if (index.sizes() != index_sizes) index = expand(index, index_sizes);
    index = contiguous(cast(index, DType::kInt64));
  }
  place = apart ? 0 : first;
  for (int d = 0; d < index_sizes.size(); ++d) value_sizes.insert(place + d, index_sizes[d]);
}

IndexPlan Layout::plan(const Tensor& x, const std::vector<Tensor>& at,
                       const Dims& value_strides) const {
  IndexPlan plan;
  const int inserted = index_sizes.size();
  plan.along = {indices[0].count(), 0, 1, inserted > 0 ? value_strides[place + inserted - 1] : 0};
  int value_dim = 0;
  for (int d = 0; d < x.ndim(); ++d) {
    if (at[static_cast<size_t>(d)]) continue;
    if (value_dim == place) value_dim += inserted;
    plan.add_beside({x.size(d), x.stride(d), 0, value_strides[value_dim++]});
  }
  return plan;
}

// Writes the offset of each of `count` positions; the buffers of the indices begin at
// `first_buffer`.
void write_offsets(const char* op, int64_t count, std::span<const IndexedDim> dims,
                   exec::Buffers buffers, int first_buffer, int64_t* offsets) {
  parallel_for(count, kCheapGrain, [&](int64_t first, int64_t last) {
    std::fill(offsets + first, offsets + last, 0);
    for (size_t k = 0; k < dims.size(); ++k) {
      const auto [size, stride] = dims[k];
      const auto* index = buffers.get<const int64_t>(first_buffer + static_cast<int>(k));
      for (int64_t j = first; j < last; ++j) {
        const int64_t i = index[j] + (index[j] < 0 ? size : 0);
        check<IndexError>(i >= 0 && i < size, op, "index ", index[j],
                          " is out of bounds for a dimension of size ", size);
        offsets[j] += i * stride;
      }
    }
  });
}

// Launches body(buffers, offsets) on {written, reads..., indices...}.
template <class F>
void launch_at(const Layout& layout, const Tensor& written, std::vector<const Tensor*> reads,
               F body) {
  const int first_index = static_cast<int>(reads.size()) + 1;
  for (const Tensor& index : layout.indices) reads.push_back(&index);
  const Tensor* writes[] = {&written};
  const size_t indexed = layout.indices.size();
  const int64_t count = layout.indices[0].count();
  exec::launch(layout.op, writes, reads,
               [=, op = layout.op, dims = layout.dims](exec::Buffers buffers) {
                 const Scratch<int64_t> offsets(count);
                 write_offsets(op, count, std::span(dims.data(), indexed), buffers, first_index,
                               offsets.data());
                 body(buffers, offsets.data());
               });
}

std::vector<Saved> save(const std::vector<Tensor>& at) {
  std::vector<Saved> saved;
  for (const Tensor& index : at) saved.push_back(index ? Saved(index) : Saved());
  return saved;
}

std::vector<Tensor> restore(const std::vector<Saved>& saved, Backward& b) {
  std::vector<Tensor> at;
  for (const Saved& index : saved) at.push_back(index ? index.get(b) : Tensor());
  return at;
}

void launch_put(const Layout& layout, const IndexPlan& plan, const Tensor& target,
                const Tensor& values, Accumulate accumulate) {
  visit(target.dtype(), [&]<class T>() {
    const NumberKernels<T>& table = kernels().number<T>();
    auto* kernel = accumulate == Accumulate::kYes ? table.scatter_add : table.scatter_set;
    const auto body = [=](exec::Buffers buffers, const int64_t* offsets) {
      run(plan, CutAlong::kNo, [=](const IndexLoop& loop, const IndexOffsets& first) {
        kernel(loop, buffers.get<T>(0) + first.tensor, offsets + first.index,
               buffers.get<const T>(1) + first.values);
      });
    };
    launch_at(layout, target, {&values, &target}, body);
  });
}

Ref<autograd::Node> put_node(const Tensor& target, const std::vector<Tensor>& at,
                             const Tensor& value, Accumulate accumulate) {
  auto way_back = [accumulate, saved = save(at)](Backward& b) {
    const std::vector<Tensor> places = restore(saved, b);
    if (b.needs(1)) b.set(1, take_at(kPut, b.grad(), places));
    if (!b.needs(0)) return;
    const Tensor grad = clone(b.grad());
    if (accumulate == Accumulate::kNo)
      put_at_(grad, places, scalar(int64_t{0}, grad.dtype()), Accumulate::kNo);
    b.set(0, grad);
  };
  return autograd::make_node(kPut, {&target, &value}, std::move(way_back));
}

}  // namespace

Tensor without_leading_ones(Tensor value, int ndim) {
  while (value.ndim() > ndim && value.size(0) == 1) value = select_index(value, 0, 0);
  return value;
}

Tensor take_at(const char* op, const Tensor& x, const std::vector<Tensor>& at) {
  const Layout layout(op, x, at);
  Tensor out = empty(layout.value_sizes, x.dtype());
  const IndexPlan plan = layout.plan(x, at, out.strides());
  visit(x.dtype(), [&]<class T>() {
    auto* kernel = kernels().number<T>().gather;
    launch_at(layout, out, {&x}, [=](exec::Buffers buffers, const int64_t* offsets) {
      run(plan, CutAlong::kYes, [=](const IndexLoop& loop, const IndexOffsets& first) {
        kernel(loop, buffers.get<const T>(1) + first.tensor, offsets + first.index,
               buffers.get<T>(0) + first.values);
      });
    });
  });
  if (autograd::needs_grad(x))
    autograd::record(op, out, {&x},
                     [sizes = x.sizes(), dtype = x.dtype(), saved = save(at)](Backward& b) {
                       const Tensor grad = zeros(sizes, dtype);
                       put_at_(grad, restore(saved, b), b.grad(), Accumulate::kYes);
                       b.set(0, grad);
                     });
  return out;
}

void put_at_(const Tensor& target, const std::vector<Tensor>& at, const Tensor& value,
             Accumulate accumulate) {
  check_inplace(kPut, target);
  const Layout layout(kPut, target, at);
  const Tensor given = cast(without_leading_ones(value, layout.value_sizes.size()), target.dtype());
  check(broadcast(kPut, layout.value_sizes, given.sizes()) == layout.value_sizes, kPut,
        "expected a value that broadcasts to shape ", layout.value_sizes, "; got ", given.sizes());
  Ref<autograd::Node> node;
  if (autograd::needs_grad(target, given)) node = put_node(target, at, given, accumulate);
  const bool one = given.count() == 1;
  const bool overlaps = given->storage == target->storage;
  Tensor values = overlaps ? clone(detach(given)) : detach(given);
  if (!one) values = contiguous(expand(values, layout.value_sizes));
  const Dims strides =
      one ? Dims::filled(layout.value_sizes.size(), 0) : contiguous_strides(layout.value_sizes);
  launch_put(layout, layout.plan(target, at, strides), target, values, accumulate);
  finish_inplace(target, std::move(node));
}

}  // namespace lamina

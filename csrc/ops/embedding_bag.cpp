// Rows of a table summed, averaged or maximized in bags, without the rows in memory.
#include <algorithm>

#include "autograd/node.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "kernels/embedding.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/embedding.h"
#include "ops/index.h"
#include "ops/index_plan.h"
#include "ops/loop.h"
#include "ops/reduce.h"
#include "ops/row_sums.h"
#include "ops/scatter.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

constexpr const char* kName = "embedding_bag";

// Plain data of a call.
struct BagShape {
  int64_t count, bags, rows, dim;
  BagOptions options;
  bool weighted;

  int64_t grain() const {
    const int64_t work = (count / std::max<int64_t>(1, bags) + 1) * std::max<int64_t>(1, dim);
    return std::max<int64_t>(1, kCheapGrain / work);
  }
};

// Where bags begin and end, which is checked.
struct Bags {
  const int64_t* offsets;
  int64_t count, end;

  Bags(const BagShape& shape, const int64_t* begins)
      : offsets(begins),
        count(shape.bags),
        end(shape.options.with_end ? begins[shape.bags] : shape.count) {
    check(count == 0 || offsets[0] == 0, kName, "expected offsets that begin with 0; got ",
          count == 0 ? 0 : offsets[0]);
    for (int64_t b = 0; b < count; ++b)
      check(offsets[b] <= end_of(b) && end_of(b) <= shape.count, kName,
            "expected ascending offsets up to ", shape.count, "; got ", offsets[b], " before ",
            end_of(b));
  }
  int64_t end_of(int64_t b) const { return b + 1 < count ? offsets[b + 1] : end; }
};

// What is kept of each occurrence: its bag, its factor, whether it counts. Zeros outside of bags.
template <class T>
struct Occurrences {
  int64_t* bag;
  T* factor;
  bool* counts;
};

template <class T>
void weigh(const BagShape& shape, int64_t bag, int64_t first, int64_t last, const int64_t* index,
           const T* weights, const Occurrences<T>& kept) {
  int64_t counted = 0;
  for (int64_t i = first; i < last; ++i) counted += index[i] != shape.options.padding;
  const bool mean = shape.options.mode == BagMode::kMean;
  const T share = mean && counted > 0 ? T(1) / static_cast<T>(counted) : T(1);
  for (int64_t i = first; i < last; ++i) {
    kept.bag[i] = bag;
    kept.counts[i] = index[i] != shape.options.padding;
    kept.factor[i] = !kept.counts[i] ? T(0) : weights ? weights[i] : share;
  }
}

// The greatest of each column, and the row of the table that had it first; -1 in an empty bag.
template <class T>
void maximize(const BagShape& shape, int64_t first, int64_t last, const int64_t* index,
              const T* table, T* out, int64_t* from) {
  std::fill_n(out, shape.dim, T(0));
  std::fill_n(from, shape.dim, int64_t{-1});
  for (int64_t i = first; i < last; ++i) {
    if (index[i] == shape.options.padding) continue;
    const T* row = table + index[i] * shape.dim;
    for (int64_t c = 0; c < shape.dim; ++c)
      if (from[c] < 0 || row[c] > out[c]) {
        out[c] = row[c];
        from[c] = index[i];
      }
  }
}

// The operands of a call as kernels take them.
struct Bagged {
  Tensor table, index, offsets, weights;
  BagShape shape;
};

Bagged bagged(const Tensor& table, const Tensor& index, const Tensor& offsets,
              const std::optional<Tensor>& weights, const BagOptions& options) {
  check<TypeError>(is_floating(table.dtype()), kName, "expected a floating weight; got ",
                   name(table.dtype()));
  check(table.ndim() == 2 && index.ndim() == 1 && offsets.ndim() == 1, kName,
        "expected a weight of two dimensions, an input and offsets of one; got shapes ",
        table.sizes(), ", ", index.sizes(), " and ", offsets.sizes());
  check(!options.with_end || offsets.count() > 0, kName,
        "expected at least one offset, the end of the last bag; got none");
  check<TypeError>(!weights || weights->dtype() == table.dtype(), kName,
                   "expected per_sample_weights of the weight's type, ", name(table.dtype()));
  check(!weights || weights->sizes() == index.sizes(), kName,
        "expected per_sample_weights of the input's shape, ", index.sizes());
  const int64_t bags = offsets.count() - (options.with_end ? 1 : 0);
  Bagged result{contiguous(table),
                dense_index(kName, contiguous(index)),
                dense_index(kName, contiguous(offsets)),
                Tensor(),
                {index.count(), bags, table.size(0), table.size(1), options, weights.has_value()}};
  result.weights = weights ? contiguous(*weights) : result.table;  // stands for none
  return result;
}

struct Summed {
  Tensor out, bag_of, factors, counts;
};

Summed sum_bags(const Bagged& from) {
  const BagShape shape = from.shape;
  const DType dtype = from.table.dtype();
  Summed result{empty({shape.bags, shape.dim}, dtype), zeros({shape.count}, DType::kInt64),
                zeros({shape.count}, dtype), zeros({shape.count}, DType::kBool)};
  visit_floating(dtype, [&]<class T>() {
    exec::launch(kName, {&result.out, &result.bag_of, &result.factors, &result.counts},
                 {&from.table, &from.index, &from.offsets, &from.weights, &result.bag_of,
                  &result.factors, &result.counts},
                 [shape](exec::Buffers at) {
                   auto* kernel = kernels().embedding<T>().sum_rows;
                   const auto* index = at.get<const int64_t>(5);
                   check_bounds(kName, index, shape.count, shape.rows);
                   const Bags bags(shape, at.get<int64_t>(6));
                   const T* weights = shape.weighted ? at.get<T>(7) : nullptr;
                   const Occurrences<T> kept{at.get<int64_t>(1), at.get<T>(2), at.get<bool>(3)};
                   parallel_for(shape.bags, shape.grain(), [&](int64_t first, int64_t last) {
                     for (int64_t b = first; b < last; ++b) {
                       const int64_t begin = bags.offsets[b], end = bags.end_of(b);
                       weigh(shape, b, begin, end, index, weights, kept);
                       kernel(end - begin, shape.dim, index + begin, kept.factor + begin,
                              at.get<T>(4), at.get<T>(0) + b * shape.dim);
                     }
                   });
                 });
  });
  return result;
}

// The way back of sums; factors are the weights where such are given.
struct SumsGrad {
  BagOptions options;
  Dims sizes;
  bool weighted;
  Saved table, index, bag_of, factors, counts, weights;

  void operator()(Backward& b) const {
    const Tensor at = index.get(b), bag = bag_of.get(b), counted = counts.get(b);
    if (b.needs(0)) {
      const bool again = weighted && autograd::grad_enabled;
      const Tensor scale = again ? select(counted, weights.get(b), 0.0) : factors.get(b);
      b.set(0, grad_of_rows({kName, at, bag, scale, options.padding, options.scale_by_count}, sizes,
                            b.grad()));
    }
    if (weighted && b.needs(1)) {
      const Tensor rows = index_select(table.get(b), 0, at);
      const Tensor dots = sum(rows * index_select(b.grad(), 0, bag), {1}, false);
      b.set(1, select(counted, dots, 0.0));
    }
  }
};

Tensor summed_bags(const Tensor& table, const Tensor& index, const Tensor& offsets,
                   const std::optional<Tensor>& weights, const BagOptions& options) {
  const Bagged from = bagged(table, index, offsets, weights, options);
  const Summed result = sum_bags(from);
  const Tensor& scales = weights ? *weights : result.factors;
  if (autograd::needs_grad(table, scales))
    autograd::record(
        kName, result.out, {&table, &scales},
        SumsGrad{options, table.sizes(), weights.has_value(), Saved(table), Saved(from.index),
                 Saved(result.bag_of), Saved(result.factors), Saved(result.counts), Saved(scales)});
  return result.out;
}

Tensor greatest_of_bags(const Tensor& table, const Tensor& index, const Tensor& offsets,
                        const BagOptions& options) {
  const Bagged from = bagged(table, index, offsets, {}, options);
  const BagShape shape = from.shape;
  const Tensor out = empty({shape.bags, shape.dim}, table.dtype());
  const Tensor rows = empty(out.sizes(), DType::kInt64);
  visit_floating(table.dtype(), [&]<class T>() {
    exec::launch(
        kName, {&out, &rows}, {&from.table, &from.index, &from.offsets}, [shape](exec::Buffers at) {
          const auto* numbers = at.get<const int64_t>(3);
          check_bounds(kName, numbers, shape.count, shape.rows);
          const Bags bags(shape, at.get<int64_t>(4));
          parallel_for(shape.bags, shape.grain(), [&](int64_t first, int64_t last) {
            for (int64_t b = first; b < last; ++b)
              maximize<T>(shape, bags.offsets[b], bags.end_of(b), numbers, at.get<T>(2),
                          at.get<T>(0) + b * shape.dim, at.get<int64_t>(1) + b * shape.dim);
          });
        });
  });
  if (autograd::needs_grad(table))
    autograd::record(
        kName, out, {&table}, [sizes = table.sizes(), rows = Saved(rows)](Backward& b) {
          const Tensor at = rows.get(b), none = at < 0.0;
          const Tensor grad = zeros(sizes, b.grad().dtype());
          scatter_(grad, 0, select(none, 0.0, at), select(none, 0.0, b.grad()), Scatter::kAdd);
          b.set(0, grad);
        });
  return out;
}

}  // namespace

Tensor embedding_bag(const Tensor& table, const Tensor& index, const Tensor& offsets,
                     const std::optional<Tensor>& weights, const BagOptions& options) {
  if (options.mode == BagMode::kMax) return greatest_of_bags(table, index, offsets, options);
  return summed_bags(table, index, offsets, weights, options);
}

}  // namespace lamina

#include "ops/row_sums.h"

#include <algorithm>

#include "autograd/mode.h"
#include "core/scratch.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "kernels/embedding.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/loop.h"
#include "ops/scatter.h"
#include "ops/view.h"

namespace lamina {

namespace {

// Divides each row of [first, last) by the number of its occurrences.
template <class T>
void divide_by_counts(const RowSums<T>& sums, T* table) {
  Scratch<int64_t> counts(sums.last - sums.first);
  std::fill_n(counts.data(), sums.last - sums.first, int64_t{0});
  for (int64_t i = 0; i < sums.count; ++i)
    if (sums.index[i] >= sums.first && sums.index[i] < sums.last)
      ++counts.data()[sums.index[i] - sums.first];
  for (int64_t row = sums.first; row < sums.last; ++row) {
    const int64_t count = counts.data()[row - sums.first];
    for (int64_t c = 0; count > 1 && c < sums.dim; ++c)
      table[row * sums.dim + c] /= static_cast<T>(count);
  }
}

// How often the row of each occurrence occurs.
Tensor occurrences(const Tensor& index, int64_t rows, DType dtype) {
  const Tensor counts = zeros({rows}, dtype);
  const Tensor ones = expand(scalar(1.0, dtype), index.sizes());
  index_scatter_("embedding", counts, 0, index, ones, Scatter::kAdd);
  return index_select(counts, 0, index);
}

Tensor composed(const TakenRows& taken, const Dims& sizes, const Tensor& grad) {
  Tensor rows = taken.source ? index_select(grad, 0, taken.source) : grad;
  if (taken.scale) rows = rows * unsqueeze(taken.scale, 1);
  if (taken.scale_by_count)
    rows = rows / unsqueeze(occurrences(taken.index, sizes[0], grad.dtype()), 1);
  if (taken.skipped >= 0)
    rows = select(unsqueeze(taken.index == static_cast<double>(taken.skipped), 1), 0.0, rows);
  const Tensor out = zeros(sizes, grad.dtype());
  index_scatter_(taken.op, out, 0, taken.index, rows, Scatter::kAdd);
  return out;
}

}  // namespace

Tensor grad_of_rows(const TakenRows& taken, const Dims& sizes, const Tensor& grad) {
  if (autograd::grad_enabled) return composed(taken, sizes, grad);
  const Tensor from = contiguous(grad);
  Tensor out = empty(sizes, grad.dtype());
  const Tensor& source = taken.source ? taken.source : taken.index;
  const Tensor& scale = taken.scale ? taken.scale : from;
  const int64_t count = taken.index.count(), rows = sizes[0], dim = sizes[1];
  visit_floating(out.dtype(), [&]<class T>() {
    exec::launch(
        taken.op, {&out}, {&taken.index, &source, &scale, &from},
        [=, sourced = static_cast<bool>(taken.source), scaled = static_cast<bool>(taken.scale),
         skipped = taken.skipped, by_count = taken.scale_by_count](exec::Buffers at) {
          auto* kernel = kernels().embedding<T>().add_rows;
          const int64_t work = (rows + count) * dim / std::max<int64_t>(1, rows) + 1;
          const int64_t grain = std::max<int64_t>(1, kCheapGrain / work);
          parallel_for(rows, grain, [&](int64_t first, int64_t last) {
            T* table = at.get<T>(0);
            std::fill(table + first * dim, table + last * dim, T(0));
            const RowSums<T> sums = {count,
                                     dim,
                                     at.get<int64_t>(1),
                                     sourced ? at.get<int64_t>(2) : nullptr,
                                     scaled ? at.get<T>(3) : nullptr,
                                     at.get<T>(4),
                                     first,
                                     last,
                                     skipped};
            kernel(sums, table);
            if (by_count) divide_by_counts(sums, table);
          });
        });
  });
  return out;
}

}  // namespace lamina

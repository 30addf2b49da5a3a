// Rows of a table by their numbers, and one-hot rows. Sums of such rows stand in embedding_bag.cpp.
#include "ops/embedding.h"

#include <algorithm>
#include <cmath>

#include "autograd/node.h"
#include "core/scratch.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "kernels/embedding.h"
#include "ops/copy.h"
#include "ops/index_plan.h"
#include "ops/loop.h"
#include "ops/row_sums.h"
#include "ops/view.h"

namespace lamina {

namespace {

constexpr const char* kName = "embedding";

void check_table(const Tensor& table) {
  check<TypeError>(is_floating(table.dtype()), kName, "expected a floating weight; got ",
                   name(table.dtype()));
  check(table.ndim() == 2, kName, "expected a weight (rows, columns); got shape ", table.sizes());
}

double norm_of(const double* row, int64_t dim, double p) {
  double sum = 0;
  for (int64_t c = 0; c < dim; ++c) {
    const double size = std::abs(row[c]);
    if (std::isinf(p))
      sum = std::max(sum, size);
    else
      sum += p == 2 ? size * size : p == 1 ? size : std::pow(size, p);
  }
  return std::isinf(p) || p == 1 ? sum : p == 2 ? std::sqrt(sum) : std::pow(sum, 1 / p);
}

// Bounds the norm of a row.
template <class T>
void renorm_row(T* row, int64_t dim, double max_norm, double p, double* copy) {
  std::copy_n(row, dim, copy);
  const double norm = norm_of(copy, dim, p);
  if (!(norm > max_norm)) return;
  constexpr double kApart = 1e-7;  // as PyTorch
  const T scale = static_cast<T>(max_norm / (norm + kApart));
  for (int64_t c = 0; c < dim; ++c) row[c] *= scale;
}

}  // namespace

Tensor embedding(const Tensor& table, const Tensor& index, int64_t padding, bool scale_by_count) {
  check_table(table);
  const Tensor flat = dense_index(kName, contiguous(index));
  const Tensor from = contiguous(table);
  Dims sizes = index.sizes();
  sizes.push_back(table.size(1));
  Tensor out = empty(sizes, table.dtype());
  const int64_t count = flat.count(), rows = table.size(0), dim = table.size(1);
  visit_floating(table.dtype(), [&]<class T>() {
    exec::launch(kName, {&out}, {&from, &flat}, [=](exec::Buffers at) {
      auto* kernel = kernels().embedding<T>().gather_rows;
      const auto* numbers = at.get<const int64_t>(2);
      check_bounds(kName, numbers, count, rows);
      const int64_t grain = std::max<int64_t>(1, kCheapGrain / std::max<int64_t>(1, dim));
      parallel_for(count, grain, [&](int64_t first, int64_t last) {
        kernel(last - first, dim, numbers + first, at.get<T>(1), at.get<T>(0) + first * dim);
      });
    });
  });
  if (autograd::needs_grad(table))
    autograd::record(
        kName, out, {&table},
        [=, shape = table.sizes(), index = autograd::Saved(flat)](autograd::Backward& b) {
          const Tensor at = reshape(index.get(b), {count});
          const TakenRows taken{kName, at, {}, {}, padding, scale_by_count};
          b.set(0, grad_of_rows(taken, shape, reshape(b.grad(), {count, dim})));
        });
  return out;
}

void renorm_rows_(const Tensor& table, const Tensor& index, double max_norm, double norm_type) {
  check_table(table);
  check_writable(kName, table);
  check(table.contiguous(), kName, "expected a contiguous weight to bound its rows in place");
  const Tensor rows = detach(table), flat = dense_index(kName, contiguous(index));
  const int64_t count = flat.count(), all = table.size(0), dim = table.size(1);
  visit_floating(table.dtype(), [&]<class T>() {
    exec::launch("embedding_renorm_", {&rows}, {&rows, &flat}, [=](exec::Buffers at) {
      const auto* numbers = at.get<const int64_t>(2);
      check_bounds(kName, numbers, count, all);
      const Scratch<double> copy(dim);
      const Scratch<bool> done(all);
      std::fill_n(done.data(), all, false);
      for (int64_t i = 0; i < count; ++i) {
        if (done.data()[numbers[i]]) continue;
        done.data()[numbers[i]] = true;
        renorm_row(at.get<T>(0) + numbers[i] * dim, dim, max_norm, norm_type, copy.data());
      }
    });
  });
  bump_version(rows);
}

Tensor one_hot(const Tensor& index, int64_t classes) {
  constexpr const char* kOneHot = "one_hot";
  check<TypeError>(index.dtype() == DType::kInt64, kOneHot, "expected indices of type int64; got ",
                   name(index.dtype()));
  const Tensor flat = dense_index(kOneHot, contiguous(index));
  const int64_t count = flat.count();
  if (classes == -1) {
    check(count > 0, kOneHot, "expected num_classes for an index without elements");
    exec::value_read(kOneHot, "give num_classes");
    classes = *std::max_element(flat.data<int64_t>(), flat.data<int64_t>() + count) + 1;
  }
  check(classes > 0, kOneHot, "expected a num_classes above 0; got ", classes);
  Dims sizes = index.sizes();
  sizes.push_back(classes);
  Tensor out = empty(sizes, DType::kInt64);
  exec::launch(kOneHot, {&out}, {&flat}, [=](exec::Buffers at) {
    auto* to = at.get<int64_t>(0);
    const auto* numbers = at.get<const int64_t>(1);
    check_bounds(kOneHot, numbers, count, classes);
    const int64_t grain = std::max<int64_t>(1, kCheapGrain / std::max<int64_t>(1, classes));
    parallel_for(count, grain, [&](int64_t first, int64_t last) {
      std::fill(to + first * classes, to + last * classes, int64_t{0});
      for (int64_t i = first; i < last; ++i) to[i * classes + numbers[i]] = 1;
    });
  });
  return out;
}

}  // namespace lamina

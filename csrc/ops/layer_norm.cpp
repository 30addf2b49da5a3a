// Layer normalization, and its relative that leaves the mean in.
#include <algorithm>
#include <limits>

#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "kernels/normalization.h"
#include "ops/copy.h"
#include "ops/loop.h"
#include "ops/norm_grad.h"
#include "ops/normalization.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// One of the two ops, and what a body needs to know besides its buffers.
struct Form {
  const char *name, *name_bwd;
  NormRows rows;
  bool has_weight, has_bias;

  NormRows part(int64_t count) const { return {count, rows.n, rows.centered, rows.eps}; }
};

// ---- backward ----

struct Wanted {
  bool grad_x, grad_weight, grad_bias;
};

// Rows whose share of the parameters' gradients is summed on its own.
constexpr int64_t kRowsPerPart = 16, kParts = 32;

template <class T>
void layer_norm_bwd(const Form& form, const Wanted& wanted, exec::Buffers buffers) {
  T *grad_x = buffers.get<T>(0), *grad_weight = buffers.get<T>(1), *grad_bias = buffers.get<T>(2);
  const T *x = buffers.get<T>(3), *grad = buffers.get<T>(4), *mean = buffers.get<T>(6),
          *rstd = buffers.get<T>(7), *weight = form.has_weight ? buffers.get<T>(5) : nullptr;
  const int64_t n = form.rows.n, rows = form.rows.count;
  const int64_t step = std::max(kRowsPerPart, (rows + kParts - 1) / kParts);
  const int64_t parts = std::max<int64_t>(1, (rows + step - 1) / step);
  const bool sums = wanted.grad_weight || wanted.grad_bias;
  Scratch<T> shares(sums ? parts * 2 * n : 0);
  std::fill_n(shares.data(), sums ? parts * 2 * n : 0, T(0));
  const int64_t grain = std::max<int64_t>(1, kCheapGrain / std::max<int64_t>(1, step * n));
  parallel_for(parts, grain, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t row = i * step;
      T* share = shares.data() + i * 2 * n;
      kernels().normalization<T>().normalize_rows_bwd(
          form.part(std::min(step, rows - row)), x + row * n, grad + row * n, weight, mean + row,
          rstd + row, wanted.grad_x ? grad_x + row * n : nullptr,
          wanted.grad_weight ? share : nullptr, wanted.grad_bias ? share + n : nullptr);
    }
  });
  if (!sums) return;
  for (int64_t part = 1; part < parts; ++part)
    for (int64_t j = 0; j < 2 * n; ++j) shares.data()[j] += shares.data()[part * 2 * n + j];
  if (wanted.grad_weight) std::copy_n(shares.data(), n, grad_weight);
  if (wanted.grad_bias) std::copy_n(shares.data() + n, n, grad_bias);
}

void set_grads(Backward& b, const Form& form, const Tensor& x, const Tensor& weight,
               const Tensor& mean, const Tensor& rstd, const Dims& parameter) {
  const Wanted wanted{b.needs(0), b.needs(1), b.needs(2)};
  const Tensor grad = contiguous(b.grad());
  const auto room = [&](bool needed, const Dims& sizes) {
    return needed ? empty(sizes, x.dtype()) : empty({0}, x.dtype());
  };
  const Tensor grad_x = room(wanted.grad_x, x.sizes());
  const Tensor grad_weight = room(wanted.grad_weight, parameter);
  const Tensor grad_bias = room(wanted.grad_bias, parameter);
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(
        form.name_bwd, {&grad_x, &grad_weight, &grad_bias},
        {&x, &grad, form.has_weight ? &weight : &x, &mean, &rstd},
        [form, wanted](exec::Buffers buffers) { layer_norm_bwd<T>(form, wanted, buffers); });
  });
  if (wanted.grad_x) b.set(0, grad_x);
  if (wanted.grad_weight) b.set(1, grad_weight);
  if (wanted.grad_bias) b.set(2, grad_bias);
}

// ---- forward ----

template <class T>
void normalize_rows(const Form& form, exec::Buffers buffers) {
  const int64_t n = form.rows.n;
  T *y = buffers.get<T>(0), *mean = buffers.get<T>(1), *rstd = buffers.get<T>(2);
  const T *x = buffers.get<T>(3), *weight = form.has_weight ? buffers.get<T>(4) : nullptr,
          *bias = form.has_bias ? buffers.get<T>(5) : nullptr;
  parallel_for(form.rows.count, std::max<int64_t>(1, kCheapGrain / std::max<int64_t>(1, n)),
               [&](int64_t first, int64_t last) {
                 kernels().normalization<T>().normalize_rows(form.part(last - first), x + first * n,
                                                             weight, bias, y + first * n,
                                                             mean + first, rstd + first);
               });
}

// The number of rows, once it is certain that x ends in the shape `normalized`.
int64_t rows_of(const char* op, const Tensor& x, const Dims& normalized) {
  const int outer = x.ndim() - normalized.size();
  check(normalized.size() > 0, op, "expected a normalized_shape of at least one dimension");
  bool fits = outer >= 0;
  for (int d = 0; fits && d < normalized.size(); ++d) fits = x.size(outer + d) == normalized[d];
  check(fits, op, "expected an input whose shape ends in ", normalized, "; got ", x.sizes());
  int64_t rows = 1;
  for (int d = 0; d < outer; ++d) rows *= x.size(d);
  return rows;
}

Tensor layer_norm_fwd(Form form, const Tensor& input, const Dims& normalized, const Tensor& weight,
                      const Tensor& bias) {
  form.rows.count = rows_of(form.name, input, normalized);
  form.rows.n = element_count(form.name, normalized);
  form.has_weight = static_cast<bool>(weight);
  form.has_bias = static_cast<bool>(bias);
  check_affine(form.name, input, weight, bias, normalized);
  const Tensor x = contiguous(input), w = weight ? contiguous(weight) : x,
               shift = bias ? contiguous(bias) : x;
  const Tensor y = empty_like(x), mean = empty({form.rows.count}, x.dtype()),
               rstd = empty_like(mean);
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(form.name, {&y, &mean, &rstd}, {&x, &w, &shift},
                 [form](exec::Buffers buffers) { normalize_rows<T>(form, buffers); });
  });
  if (autograd::needs_grad(x) || (weight && autograd::needs_grad(weight)) ||
      (bias && autograd::needs_grad(bias))) {
    auto way_back = [form, normalized, x = Saved(x), weight = Saved(form.has_weight ? w : Tensor()),
                     mean = Saved(mean), rstd = Saved(rstd)](Backward& b) {
      const Tensor factor = form.has_weight ? weight.get(b) : Tensor();
      if (!autograd::grad_enabled)
        return set_grads(b, form, x.get(b), factor, mean.get(b), rstd.get(b), normalized);
      const NormView view{
          {form.rows.count, form.rows.n}, {1}, {0}, form.rows.eps, form.rows.centered};
      set_composed_grads(b, view, x.get(b), factor);
    };
    autograd::record(form.name, y, {&x, &weight, &bias}, std::move(way_back));
  }
  return y;
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Dims& normalized, const Tensor& weight, const Tensor& bias,
                  double eps) {
  const NormRows rows{0, 0, true, eps};
  return layer_norm_fwd({"layer_norm", "layer_norm_bwd", rows, false, false}, x, normalized, weight,
                        bias);
}

Tensor rms_norm(const Tensor& x, const Dims& normalized, const Tensor& weight,
                std::optional<double> eps) {
  const double resolution = x.dtype() == DType::kFloat64
                                ? std::numeric_limits<double>::epsilon()
                                : static_cast<double>(std::numeric_limits<float>::epsilon());
  const NormRows rows{0, 0, false, eps.value_or(resolution)};
  return layer_norm_fwd({"rms_norm", "rms_norm_bwd", rows, false, false}, x, normalized, weight,
                        Tensor());
}

}  // namespace lamina

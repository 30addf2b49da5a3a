// Group normalization, and instance normalization, whose groups are single channels.
#include <cmath>

#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/channels.h"
#include "ops/copy.h"
#include "ops/inplace.h"
#include "ops/norm_grad.h"
#include "ops/normalization.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// What a body needs to know besides its buffers.
struct Form {
  const char *name, *name_bwd;
  Channels all;
  int64_t groups;  // of an image
  double eps;
  bool has_weight, has_bias, has_running;
  double momentum;

  int64_t rows() const { return all.images * groups; }
  int64_t width() const { return all.channels / groups; }  // channels of a group
  int64_t length() const { return width() * all.inner; }

  // Calls f(row, its first channel among those of all images) on several threads.
  template <class F>
  void each_row(F f) const {
    parallel_for(rows(), std::max<int64_t>(1, kCheapGrain / std::max<int64_t>(1, length())),
                 [&](int64_t first, int64_t last) {
                   for (int64_t row = first; row < last; ++row) f(row, row * width());
                 });
  }
  ChannelBlock channels_of_row() const { return {1, width(), all.inner, all.image_stride()}; }
};

// ---- forward ----

template <class T>
void move_running(const Form& form, const T* mean, const T* squares, T* running_mean,
                  T* running_var) {
  if (form.all.per_channel() == 0) return;  // an empty batch says nothing
  const auto move = [&form](T& value, double to) {
    value = static_cast<T>((1 - form.momentum) * static_cast<double>(value) + form.momentum * to);
  };
  const auto images = static_cast<double>(form.all.images);
  for (int64_t c = 0; c < form.all.channels; ++c) {
    double means = 0, sums = 0;
    for (int64_t i = c; i < form.rows(); i += form.all.channels) {
      means += static_cast<double>(mean[i]);
      sums += static_cast<double>(squares[i]);
    }
    move(running_mean[c], means / images);
    move(running_var[c], sums / (images * static_cast<double>(form.length() - 1)));
  }
}

template <class T>
void group_norm_fwd(const Form& form, exec::Buffers buffers) {
  const auto& kernel = kernels().normalization<T>();
  T *y = buffers.get<T>(0), *mean = buffers.get<T>(1), *rstd = buffers.get<T>(2);
  const T *x = buffers.get<T>(5), *weight = form.has_weight ? buffers.get<T>(6) : nullptr,
          *bias = form.has_bias ? buffers.get<T>(7) : nullptr;
  const int64_t channels = form.all.images * form.all.channels;
  Scratch<T> numbers(3 * channels + form.rows());
  T *center = numbers.data(), *scale = center + channels, *shift = scale + channels,
    *squares = shift + channels;
  form.each_row([&](int64_t row, int64_t first) {
    const int64_t at = row * form.length();
    kernel.moments({1, 1, form.length(), form.length()}, x + at, mean + row, squares + row);
    const double variance = static_cast<double>(squares[row]) / static_cast<double>(form.length());
    rstd[row] = static_cast<T>(1 / std::sqrt(variance + form.eps));
    for (int64_t i = first; i < first + form.width(); ++i) {
      const int64_t c = i % form.all.channels;
      center[i] = mean[row];
      scale[i] = weight ? rstd[row] * weight[c] : rstd[row];
      shift[i] = bias ? bias[c] : T(0);
    }
    kernel.normalize(form.channels_of_row(), x + at, center + first, scale + first, shift + first,
                     y + at);
  });
  if (form.has_running) move_running(form, mean, squares, buffers.get<T>(3), buffers.get<T>(4));
}

// ---- backward ----

// The sums of each channel of each image go to the gradients of its group's numbers, and, in the
// order of the images, to those of weight and bias.
template <class T>
void group_norm_bwd(const Form& form, bool grad_x_needed, exec::Buffers buffers) {
  const auto& kernel = kernels().normalization<T>();
  T *grad_x = buffers.get<T>(0), *grad_weight = buffers.get<T>(1), *grad_bias = buffers.get<T>(2);
  const T *x = buffers.get<T>(3), *grad = buffers.get<T>(4), *mean = buffers.get<T>(6),
          *rstd = buffers.get<T>(7), *weight = form.has_weight ? buffers.get<T>(5) : nullptr;
  const int64_t channels = form.all.images * form.all.channels;
  Scratch<T> numbers(6 * channels);
  T *center = numbers.data(), *scale = center + channels, *slope = scale + channels,
    *offset = slope + channels, *sums = offset + channels, *products = sums + channels;
  const T count = static_cast<T>(form.length());
  form.each_row([&](int64_t row, int64_t first) {
    const int64_t at = row * form.length(), end = first + form.width();
    const T r = rstd[row];
    std::fill(center + first, center + end, mean[row]);
    kernel.grad_sums(form.channels_of_row(), x + at, grad + at, center + first, sums + first,
                     products + first);
    T sum = 0, product = 0;
    for (int64_t i = first; i < end; ++i) {
      const T w = weight ? weight[i % form.all.channels] : T(1);
      scale[i] = r * w;
      sum += w * sums[i];
      product += w * products[i];
    }
    std::fill(slope + first, slope + end, r * r * r * product / count);
    std::fill(offset + first, offset + end, r * sum / count);
    if (grad_x_needed)
      kernel.normalize_bwd(form.channels_of_row(), x + at, grad + at,
                           {center + first, scale + first, slope + first, offset + first},
                           grad_x + at);
  });
  for (int64_t c = 0; c < form.all.channels; ++c) {
    grad_weight[c] = grad_bias[c] = T(0);
    for (int64_t i = c; i < channels; i += form.all.channels) {
      grad_weight[c] += products[i] * rstd[i / form.width()];
      grad_bias[c] += sums[i];
    }
  }
}

void set_grads(Backward& b, const Form& form, const Tensor& x, const Tensor& weight,
               const Tensor& mean, const Tensor& rstd) {
  const Tensor grad = contiguous(b.grad());
  const bool grad_x_needed = b.needs(0);
  const Tensor grad_x = grad_x_needed ? empty_like(x) : empty({0}, x.dtype());
  const Tensor grad_weight = empty({form.all.channels}, x.dtype());
  const Tensor grad_bias = empty_like(grad_weight);
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(form.name_bwd, {&grad_x, &grad_weight, &grad_bias},
                 {&x, &grad, form.has_weight ? &weight : &x, &mean, &rstd},
                 [form, grad_x_needed](exec::Buffers buffers) {
                   group_norm_bwd<T>(form, grad_x_needed, buffers);
                 });
  });
  if (b.needs(0)) b.set(0, grad_x);
  if (b.needs(1)) b.set(1, grad_weight);
  if (b.needs(2)) b.set(2, grad_bias);
}

// ---- the op ----

Tensor normalize_groups(const Form& form, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const RunningStats& running) {
  const Tensor y = empty_like(x), mean = empty({form.rows()}, x.dtype()), rstd = empty_like(mean);
  const Tensor& running_mean = form.has_running ? running.mean : mean;
  const Tensor& running_var = form.has_running ? running.var : rstd;
  const Tensor w = weight ? contiguous(weight) : x, shift = bias ? contiguous(bias) : x;
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(form.name, {&y, &mean, &rstd, &running_mean, &running_var},
                 {&x, &w, &shift, &running_mean, &running_var},
                 [form](exec::Buffers buffers) { group_norm_fwd<T>(form, buffers); });
  });
  if (autograd::needs_grad(x) || (weight && autograd::needs_grad(weight)) ||
      (bias && autograd::needs_grad(bias))) {
    auto way_back = [form, x = Saved(x), weight = Saved(form.has_weight ? w : Tensor()),
                     mean = Saved(mean), rstd = Saved(rstd)](Backward& b) {
      const Tensor factor = form.has_weight ? weight.get(b) : Tensor();
      if (!autograd::grad_enabled)
        return set_grads(b, form, x.get(b), factor, mean.get(b), rstd.get(b));
      const NormView view{
          {form.all.images, form.groups, form.width(), form.all.inner}, {2, 3}, {0, 3}, form.eps};
      set_composed_grads(b, view, x.get(b), factor);
    };
    autograd::record(form.name, y, {&x, &weight, &bias}, std::move(way_back));
  }
  return y;
}

}  // namespace

Tensor group_norm(const Tensor& input, int64_t groups, const Tensor& weight, const Tensor& bias,
                  double eps) {
  constexpr const char* kName = "group_norm";
  check(input.ndim() >= 2, kName, "expected an input of shape (N, C, ...); got ", input.sizes());
  check(groups > 0 && input.size(1) % groups == 0, kName, "expected channels that divide into ",
        groups, " groups; got shape ", input.sizes());
  check_affine(kName, input, weight, bias, {input.size(1)});
  const Tensor x = contiguous(input);
  const Form form{kName, "group_norm_bwd",          Channels(x.sizes()),     groups,
                  eps,   static_cast<bool>(weight), static_cast<bool>(bias), false,
                  0};
  check(form.all.images * form.length() != 1, kName,
        "expected more than one value per group; got shape ", input.sizes(), " and ", groups,
        " groups");
  return normalize_groups(form, x, weight, bias, {});
}

Tensor instance_norm(const Tensor& input, const Tensor& weight, const Tensor& bias,
                     const RunningStats& running, double momentum, double eps) {
  constexpr const char* kName = "instance_norm";
  check(input.ndim() >= 2, kName, "expected an input of shape (N, C, ...); got ", input.sizes());
  check_affine(kName, input, weight, bias, {input.size(1)});
  check_running(kName, input, running.mean, running.var, true);
  const Tensor x = contiguous(input);
  const Channels all(x.sizes());
  check(all.inner != 1, kName, "expected more than one value per channel of an image; got shape ",
        input.sizes());
  const Form form{kName,
                  "instance_norm_bwd",
                  all,
                  std::max<int64_t>(1, all.channels),
                  eps,
                  static_cast<bool>(weight),
                  static_cast<bool>(bias),
                  static_cast<bool>(running.mean),
                  momentum};
  const Tensor y = normalize_groups(form, x, weight, bias, running);
  for (const Tensor* changed : {&running.mean, &running.var})
    if (*changed) bump_version(*changed);
  return y;
}

}  // namespace lamina

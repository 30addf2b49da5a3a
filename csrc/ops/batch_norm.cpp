// Batch normalization.
#include <cmath>

#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/channels.h"
#include "ops/copy.h"
#include "ops/inplace.h"
#include "ops/norm_grad.h"
#include "ops/normalization.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// ---- statistics of channels, whatever the pieces ----

template <class T>
void join_moments(const ChannelPieces& pieces, int64_t channels, const T* parts, T* mean,
                  T* squares) {
  for (int64_t c = 0; c < channels; ++c) {
    double count = 0, center = 0, sum = 0;
    for (int64_t piece = 0; piece < pieces.count(); ++piece) {
      const T* part = parts + piece * channels + c;
      const auto more = static_cast<double>(pieces.length(piece));
      const double apart = static_cast<double>(part[0]) - center;
      const double share = more / (count + more);
      center += apart * share;
      sum += static_cast<double>(part[pieces.count() * channels]) + apart * apart * count * share;
      count += more;
    }
    mean[c] = static_cast<T>(center);
    squares[c] = static_cast<T>(sum);
  }
}

template <class T>
void channel_moments(const Channels& all, const T* x, T* mean, T* squares) {
  const ChannelPieces pieces(all);
  const int64_t results = pieces.count() * all.channels;
  Scratch<T> parts;
  const bool whole = pieces.count() == 1;
  T* means = whole ? mean : parts.reserve(2 * results);
  T* sums = whole ? squares : means + results;
  pieces.each([&](const ChannelBlock& block, int64_t at, int64_t result) {
    kernels().normalization<T>().moments(block, x + at, means + result, sums + result);
  });
  if (!whole) join_moments(pieces, all.channels, means, mean, squares);
}

template <class T>
void channel_grad_sums(const Channels& all, const T* x, const T* grad, const T* center, T* sums,
                       T* products) {
  const ChannelPieces pieces(all);
  const int64_t results = pieces.count() * all.channels;
  Scratch<T> parts(2 * results);
  pieces.each([&](const ChannelBlock& block, int64_t at, int64_t result) {
    kernels().normalization<T>().grad_sums(block, x + at, grad + at, center + result % all.channels,
                                           parts.data() + result, parts.data() + results + result);
  });
  for (int64_t c = 0; c < all.channels; ++c) {
    double sum = 0, product = 0;
    for (int64_t i = c; i < results; i += all.channels) {
      sum += static_cast<double>(parts.data()[i]);
      product += static_cast<double>(parts.data()[results + i]);
    }
    sums[c] = static_cast<T>(sum);
    products[c] = static_cast<T>(product);
  }
}

// ---- forward ----

// What a body needs to know besides its buffers.
struct Form {
  Channels all;
  double eps;
  bool has_weight, has_bias, has_running, counts;
  std::optional<double> momentum;
};

// The numbers of each channel that make y = (x - center) scale + shift.
template <class T>
void set_factors(const Form& form, const T* weight, const T* bias, const T* mean, const T* rstd,
                 T* factors) {
  const int64_t channels = form.all.channels;
  for (int64_t c = 0; c < channels; ++c) {
    factors[c] = mean[c];
    factors[channels + c] = form.has_weight ? rstd[c] * weight[c] : rstd[c];
    factors[2 * channels + c] = form.has_bias ? bias[c] : T(0);
  }
}

Tensor normalize(const char* name, const Channels& all, const Tensor& x, const Tensor& factors) {
  const Tensor y = empty_like(x);
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch_parts(
        name, {&y}, {&x, &factors}, parts_in_order(all, sizeof(T), 2),
        [all](exec::Buffers buffers, int64_t begin, int64_t end) {
          const T *from = buffers.get<T>(1), *center = buffers.get<T>(2);
          const T *scale = center + all.channels, *shift = scale + all.channels;
          each_in_order(all, begin, end, [&](const ChannelBlock& block, int64_t at, int64_t c) {
            kernels().normalization<T>().normalize(block, from + at, center + c, scale + c,
                                                   shift + c, buffers.get<T>(0) + at);
          });
        });
  });
  return y;
}

template <class T>
void move_running(const Form& form, const T* mean, const T* squares, T* running_mean,
                  T* running_var, int64_t* batches) {
  if (form.counts) ++*batches;
  if (form.all.per_channel() == 0) return;  // an empty batch says nothing
  const double rate = form.momentum.value_or(form.counts ? 1.0 / static_cast<double>(*batches) : 0);
  const auto others = static_cast<double>(form.all.per_channel() - 1);
  const auto move = [rate](T& value, double to) {
    value = static_cast<T>((1 - rate) * static_cast<double>(value) + rate * to);
  };
  for (int64_t c = 0; c < form.all.channels; ++c) {
    move(running_mean[c], static_cast<double>(mean[c]));
    move(running_var[c], static_cast<double>(squares[c]) / others);
  }
}

double rstd_of(double variance, double eps) { return 1 / std::sqrt(variance + eps); }

// y, and the mean and 1 / deviation that made it.
struct Normalized {
  Tensor y, mean, rstd;
};

Normalized by_batch(const Form& form, const Tensor& x, const Tensor& weight, const Tensor& bias,
                    const RunningStats& running) {
  const int64_t channels = form.all.channels;
  const Tensor mean = empty({channels}, x.dtype()), rstd = empty_like(mean);
  const Tensor factors = empty({3, channels}, x.dtype());
  const Tensor& running_mean = form.has_running ? running.mean : mean;
  const Tensor& running_var = form.has_running ? running.var : rstd;
  const Tensor& batches = form.counts ? running.batches : mean;
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(
        "batch_norm_stats", {&mean, &rstd, &factors, &running_mean, &running_var, &batches},
        {&x, form.has_weight ? &weight : &x, form.has_bias ? &bias : &x, &running_mean,
         &running_var, &batches},
        [form](exec::Buffers buffers) {
          T *mean_of = buffers.get<T>(0), *rstd_of_channel = buffers.get<T>(1);
          const Scratch<T> squares(form.all.channels);
          channel_moments(form.all, buffers.get<T>(6), mean_of, squares.data());
          const auto count = static_cast<double>(form.all.per_channel());
          for (int64_t c = 0; c < form.all.channels; ++c)
            rstd_of_channel[c] =
                static_cast<T>(rstd_of(static_cast<double>(squares.data()[c]) / count, form.eps));
          if (form.has_running)
            move_running(form, mean_of, squares.data(), buffers.get<T>(3), buffers.get<T>(4),
                         buffers.get<int64_t>(5));
          set_factors(form, buffers.get<T>(7), buffers.get<T>(8), mean_of, rstd_of_channel,
                      buffers.get<T>(2));
        });
  });
  for (const Tensor* changed : {&running.mean, &running.var, &running.batches})
    if (*changed) bump_version(*changed);
  return {normalize("batch_norm", form.all, x, factors), mean, rstd};
}

Normalized by_running(const Form& form, const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const RunningStats& running) {
  const int64_t channels = form.all.channels;
  const Tensor mean = empty({channels}, x.dtype()), rstd = empty_like(mean);
  const Tensor factors = empty({3, channels}, x.dtype());
  const Tensor running_mean = contiguous(running.mean), running_var = contiguous(running.var);
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch("batch_norm_stats", {&mean, &rstd, &factors},
                 {form.has_weight ? &weight : &running_mean, form.has_bias ? &bias : &running_mean,
                  &running_mean, &running_var},
                 [form](exec::Buffers buffers) {
                   T *center = buffers.get<T>(0), *rstd_of_channel = buffers.get<T>(1);
                   for (int64_t c = 0; c < form.all.channels; ++c) {
                     center[c] = buffers.get<T>(5)[c];
                     rstd_of_channel[c] = static_cast<T>(
                         rstd_of(static_cast<double>(buffers.get<T>(6)[c]), form.eps));
                   }
                   set_factors(form, buffers.get<T>(3), buffers.get<T>(4), center, rstd_of_channel,
                               buffers.get<T>(2));
                 });
  });
  return {normalize("batch_norm", form.all, x, factors), mean, rstd};
}

// ---- backward ----

// Whether the statistics depend on x, and what is asked for.
struct Wanted {
  bool by_batch, grad_x, sums;
};

// The gradients of weight and bias, and the numbers of each channel that make that of x: those of
// ChannelSlopes, or where the statistics are fixed those of normalize().
template <class T>
void sum_grads(const Form& form, const Wanted& wanted, exec::Buffers buffers) {
  T *grad_weight = buffers.get<T>(0), *grad_bias = buffers.get<T>(1), *slopes = buffers.get<T>(2);
  const T *x = buffers.get<T>(3), *grad = buffers.get<T>(4), *weight = buffers.get<T>(5),
          *mean = buffers.get<T>(6), *rstd = buffers.get<T>(7);
  const int64_t channels = form.all.channels;
  if (wanted.sums) channel_grad_sums(form.all, x, grad, mean, grad_bias, grad_weight);
  const auto count = static_cast<T>(form.all.per_channel());
  for (int64_t c = 0; c < channels; ++c) {
    const T scale = form.has_weight ? rstd[c] * weight[c] : rstd[c];
    if (wanted.sums) grad_weight[c] *= rstd[c];
    slopes[c] = wanted.by_batch ? mean[c] : T(0);
    slopes[channels + c] = scale;
    slopes[2 * channels + c] = wanted.by_batch ? scale * rstd[c] * grad_weight[c] / count : T(0);
    slopes[3 * channels + c] = wanted.by_batch ? scale * grad_bias[c] / count : T(0);
  }
}

Tensor grad_of_input(const Channels& all, const Tensor& x, const Tensor& grad,
                     const Tensor& slopes) {
  const Tensor grad_x = empty_like(x);
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch_parts(
        "batch_norm_bwd", {&grad_x}, {&x, &grad, &slopes}, parts_in_order(all, sizeof(T), 3),
        [all](exec::Buffers buffers, int64_t begin, int64_t end) {
          const T *from = buffers.get<T>(1), *grad_y = buffers.get<T>(2), *by = buffers.get<T>(3);
          const int64_t channels = all.channels;
          each_in_order(all, begin, end, [&](const ChannelBlock& block, int64_t at, int64_t c) {
            const T* of = by + c;
            kernels().normalization<T>().normalize_bwd(
                block, from + at, grad_y + at,
                {of, of + channels, of + 2 * channels, of + 3 * channels}, buffers.get<T>(0) + at);
          });
        });
  });
  return grad_x;
}

void set_grads(Backward& b, const Form& form, bool by_batch, const Tensor& x, const Tensor& weight,
               const Tensor& mean, const Tensor& rstd) {
  const Dims per_channel{form.all.channels};
  const Wanted wanted{by_batch, b.needs(0), by_batch || b.needs(1) || b.needs(2)};
  const Tensor grad = contiguous(b.grad());
  const Tensor grad_weight = empty(per_channel, x.dtype()), grad_bias = empty_like(grad_weight);
  const Tensor slopes = empty({4, form.all.channels}, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch("batch_norm_sums", {&grad_weight, &grad_bias, &slopes},
                 {&x, &grad, form.has_weight ? &weight : &x, &mean, &rstd},
                 [form, wanted](exec::Buffers buffers) { sum_grads<T>(form, wanted, buffers); });
  });
  if (b.needs(0))
    b.set(0, by_batch ? grad_of_input(form.all, x, grad, slopes)
                      : normalize("batch_norm_bwd", form.all, grad, slopes));
  if (b.needs(1)) b.set(1, grad_weight);
  if (b.needs(2)) b.set(2, grad_bias);
}

void check_batch_norm(const Tensor& x, const RunningStats& running, bool training, double eps) {
  check(x.ndim() >= 2, "batch_norm", "expected an input of shape (N, C, ...); got ", x.sizes());
  check(!training || x.size(1) == 0 || x.count() != x.size(1), "batch_norm",
        "expected more than one value per channel when training; got shape ", x.sizes());
  check(eps > 0 || (eps == 0 && !training), "batch_norm", "expected a positive eps; got ", eps);
  check(training || running.mean, "batch_norm",
        "expected a running mean and variance, or training=True");
  check_running("batch_norm", x, running.mean, running.var, training);
}

}  // namespace

Tensor batch_norm(const Tensor& input, const Tensor& scale, const Tensor& shift,
                  const RunningStats& running, bool training, std::optional<double> momentum,
                  double eps) {
  check_batch_norm(input, running, training, eps);
  check_affine("batch_norm", input, scale, shift, {input.size(1)});
  const Tensor x = contiguous(input), weight = scale ? contiguous(scale) : scale,
               bias = shift ? contiguous(shift) : shift;
  const Form form{Channels(x.sizes()),
                  eps,
                  static_cast<bool>(weight),
                  static_cast<bool>(bias),
                  static_cast<bool>(running.mean),
                  static_cast<bool>(running.batches),
                  momentum};
  const Normalized out = training ? by_batch(form, x, weight, bias, running)
                                  : by_running(form, x, weight, bias, running);
  if (autograd::needs_grad(x) || (weight && autograd::needs_grad(weight)) ||
      (bias && autograd::needs_grad(bias))) {
    auto way_back = [form, training, x = Saved(x), weight = Saved(weight), mean = Saved(out.mean),
                     rstd = Saved(out.rstd)](Backward& b) {
      const Tensor w = form.has_weight ? weight.get(b) : Tensor();
      if (!autograd::grad_enabled)
        return set_grads(b, form, training, x.get(b), w, mean.get(b), rstd.get(b));
      const NormView view{
          {form.all.images, form.all.channels, form.all.inner}, {0, 2}, {0, 2}, form.eps};
      const Dims across{form.all.channels, 1};
      const FixedStats fixed =
          training ? FixedStats{}
                   : FixedStats{reshape(mean.get(b), across), reshape(rstd.get(b), across)};
      set_composed_grads(b, view, x.get(b), w, fixed);
    };
    autograd::record("batch_norm", out.y, {&x, &weight, &bias}, std::move(way_back));
  }
  return out.y;
}

}  // namespace lamina

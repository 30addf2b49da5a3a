#include "ops/random.h"

#include <cmath>
#include <limits>

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/draw.h"
#include "ops/elementwise.h"
#include "ops/inplace.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using exec::Buffers;

// Fills contiguous memory by kernel(n, y, seed, block, parameters...).
template <class T, class Kernel, class... Parameters>
void launch_draw(const char* op, const Tensor& out, const Source& source, int64_t per_block,
                 Kernel* kernel, Parameters... parameters) {
  const int64_t count = out.count();
  exec::launch(op, {&out}, {}, [=](Buffers buffers) {
    T* y = buffers.get<T>(0);
    draw_blocks(*source, count, per_block,
                [=](int64_t begin, int64_t n, uint64_t seed, uint64_t block) {
                  kernel(n, y + begin, seed, block, parameters...);
                });
  });
}

// Changes a tensor in place by draw(contiguous tensor); what it held before gets no gradient.
template <class Draw>
void draw_in_place(const char* op, const Tensor& target, Draw draw) {
  check_inplace(op, target);
  Ref<autograd::Node> node;
  if (autograd::needs_grad(target)) {
    auto way_back = [](Backward& b) { b.set(0, zeros(b.grad().sizes(), b.grad().dtype())); };
    node = autograd::make_node(op, {&target}, way_back);
  }
  if (target.contiguous()) {
    draw(target);
  } else {
    const Tensor values = empty_like(target);
    draw(values);
    copy_(detach(target), values);
  }
  finish_inplace(target, std::move(node));
}

void check_deviation(const char* op, double deviation) {
  check(deviation >= 0, op, "expected a standard deviation that is not negative; got ", deviation);
}

void draw_uniform(const Tensor& out, double low, double high, const Source& source) {
  visit_floating(out.dtype(), [&]<class T>() {
    const T from = static_cast<T>(low), to = static_cast<T>(high);
    const T highest = from < to ? std::nextafter(to, from) : from;
    launch_draw<T>("uniform", out, source, kRealsPerBlock<T>, kernels().get<T>().random_uniform,
                   from, to - from, highest);
  });
}

void draw_normal(const Tensor& out, double mean, double deviation, const Source& source) {
  visit_floating(out.dtype(), [&]<class T>() {
    launch_draw<T>("normal", out, source, kRealsPerBlock<T>, kernels().get<T>().random_normal,
                   static_cast<T>(mean), static_cast<T>(deviation));
  });
}

void draw_integers(const Tensor& out, int64_t low, int64_t last, const Source& source) {
  const uint64_t count = static_cast<uint64_t>(last) - static_cast<uint64_t>(low) + 1;
  visit(out.dtype(), [&]<class T>() {
    launch_draw<T>("random", out, source, kIntegersPerBlock, kernels().number<T>().random_integer,
                   low, count);
  });
}

void check_integers(const char* op, int64_t low, int64_t last, DType dtype) {
  check(low <= last, op, "expected at least one integer to choose from; got [", low, ", ", last + 1,
        ")");
  const int64_t most = largest_integer(dtype);
  const int64_t least = dtype <= DType::kUInt8 ? 0 : -most - !is_floating(dtype);
  check(low >= least && last <= most, op, "expected integers that fit ", name(dtype), "; got ", low,
        " to ", last);
}

// Uniform in (0, 1), for formulas that have a pole at either end.
Tensor open_uniform(const Tensor& like, const Source& source) {
  const DType dtype = is_floating(like.dtype()) ? like.dtype() : default_dtype();
  const double least = dtype == DType::kFloat64 ? 0x1p-54 : 0x1p-25;
  return maximum(rand(like.sizes(), dtype, source), scalar(least, dtype));
}

}  // namespace

int64_t largest_integer(DType dtype) {
  return visit(dtype, []<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      return int64_t{1} << std::numeric_limits<T>::digits;
    else
      return static_cast<int64_t>(std::numeric_limits<T>::max());
  });
}

void uniform_(const Tensor& target, double low, double high, const Source& source) {
  check_floating("uniform_", target);
  const double widest = target.dtype() == DType::kFloat32 ? std::numeric_limits<float>::max()
                                                          : std::numeric_limits<double>::max();
  check(low <= high && high - low <= widest, "uniform_",
        "expected finite bounds in ascending order; got ", low, " and ", high);
  draw_in_place("uniform_", target,
                [&](const Tensor& out) { draw_uniform(out, low, high, source); });
}

void normal_(const Tensor& target, double mean, double deviation, const Source& source) {
  check_floating("normal_", target);
  check_deviation("normal_", deviation);
  draw_in_place("normal_", target,
                [&](const Tensor& out) { draw_normal(out, mean, deviation, source); });
}

void random_(const Tensor& target, int64_t low, int64_t last, const Source& source) {
  check_integers("random_", low, last, target.dtype());
  draw_in_place("random_", target,
                [&](const Tensor& out) { draw_integers(out, low, last, source); });
}

void bernoulli_(const Tensor& target, double p, const Source& source) {
  check_probability("bernoulli_", p);
  draw_in_place("bernoulli_", target, [&](const Tensor& out) {
    visit(out.dtype(), [&]<class T>() {
      launch_draw<T>("bernoulli", out, source, kBitsPerBlock, kernels().number<T>().random_bit,
                     threshold(p));
    });
  });
}

void bernoulli_(const Tensor& target, const Tensor& p, const Source& source) {
  check_floating("bernoulli_", p);
  const Tensor chances = contiguous(expand(detach(p), target.sizes()));
  const Tensor chosen = empty(target.sizes(), DType::kBool);
  const int64_t count = chosen.count();
  visit_floating(p.dtype(), [&]<class T>() {
    auto* kernel = kernels().get<T>().random_choice;
    exec::launch("bernoulli", {&chosen}, {&chances}, [=](Buffers buffers) {
      bool* y = buffers.get<bool>(0);
      const T* chance = buffers.get<T>(1);
      draw_blocks(*source, count, kBitsPerBlock,
                  [=](int64_t begin, int64_t n, uint64_t seed, uint64_t block) {
                    for (int64_t i = begin; i < begin + n; ++i)
                      check_probability("bernoulli", chance[i]);
                    kernel(n, y + begin, chance + begin, seed, block);
                  });
    });
  });
  copy_(target, chosen);
}

void exponential_(const Tensor& target, double rate, const Source& source) {
  check_floating("exponential_", target);
  check(rate > 0, "exponential_", "expected a rate above zero; got ", rate);
  copy_(target, log(open_uniform(target, source)) / -rate);
}

void geometric_(const Tensor& target, double p, const Source& source) {
  check(p > 0 && p < 1, "geometric_", "expected a probability inside (0, 1); got ", p);
  copy_(target, ceil(log(open_uniform(target, source)) / std::log1p(-p)));
}

void cauchy_(const Tensor& target, double median, double scale, const Source& source) {
  check_floating("cauchy_", target);
  check(scale > 0, "cauchy_", "expected a scale above zero; got ", scale);
  constexpr double kPi = 3.141592653589793;
  copy_(target, tan((open_uniform(target, source) - 0.5) * kPi) * scale + median);
}

void log_normal_(const Tensor& target, double mean, double deviation, const Source& source) {
  check_floating("log_normal_", target);
  check_deviation("log_normal_", deviation);
  copy_(target, exp(randn(target.sizes(), target.dtype(), source) * deviation + mean));
}

Tensor rand(const Dims& sizes, DType dtype, const Source& source) {
  Tensor out = empty(sizes, dtype);
  uniform_(out, 0, 1, source);
  return out;
}

Tensor randn(const Dims& sizes, DType dtype, const Source& source) {
  Tensor out = empty(sizes, dtype);
  normal_(out, 0, 1, source);
  return out;
}

Tensor randint(int64_t low, int64_t high, const Dims& sizes, DType dtype, const Source& source,
               const char* op) {
  check(low < high, op, "expected low < high; got ", low, " and ", high);
  check_integers(op, low, high - 1, dtype);
  element_count(op, sizes);
  Tensor out = empty(sizes, dtype);
  draw_integers(out, low, high - 1, source);
  return out;
}

Tensor randperm(int64_t n, DType dtype, const Source& source) {
  check(n >= 0, "randperm", "expected a length that is not negative; got ", n);
  check(n - 1 <= largest_integer(dtype), "randperm", "expected numbers that fit ", name(dtype),
        "; got ", n);
  Tensor out = empty({n}, dtype);
  visit(dtype, [&]<class T>() {
    auto* kernel = kernels().number<T>().random_order;
    exec::launch("randperm", {&out}, {}, [=](Buffers buffers) {
      const auto start = source->take((n + kIntegersPerBlock - 1) / kIntegersPerBlock);
      kernel(n, buffers.get<T>(0), start.seed, start.block);
    });
  });
  return out;
}

Tensor normal(const Tensor& mean, const Tensor& deviation, const Source& source) {
  const Tensor center = detach(mean), scale = detach(deviation);
  check_floating("normal", center);
  const Dims sizes = broadcast("normal", center.sizes(), scale.sizes());
  return randn(sizes, result_type(center, scale), source) * scale + center;
}

}  // namespace lamina

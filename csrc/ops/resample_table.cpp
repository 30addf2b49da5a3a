#include "ops/resample_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/cubic.h"

namespace lamina {

namespace {

// Weights of elements from `first` on, some of them beyond the axis: these fall on its ends.
void add_clamped(ResampleTable& table, int64_t first, const std::vector<double>& weights) {
  const auto count = static_cast<int64_t>(weights.size());
  const auto inside = [&](int64_t i) { return std::clamp<int64_t>(i, 0, table.in - 1); };
  const int64_t from = inside(first), to = inside(first + count - 1);
  std::vector<double> merged(static_cast<size_t>(to - from + 1), 0.0);
  for (int64_t k = 0; k < count; ++k)
    merged[static_cast<size_t>(inside(first + k) - from)] += weights[static_cast<size_t>(k)];
  table.add(from, merged);
}

// As PyTorch, in float32: which element is nearest hangs on the rounding.
int64_t nearest(const InterpolatedAxis& axis, int64_t o, bool exact) {
  if (!exact && axis.in == axis.out) return o;
  const float step = axis.scale && *axis.scale > 0
                         ? static_cast<float>(1.0 / *axis.scale)
                         : static_cast<float>(axis.in) / static_cast<float>(axis.out);
  const float at = (static_cast<float>(o) + (exact ? 0.5F : 0.0F)) * step;
  return std::min(static_cast<int64_t>(std::floor(at)), axis.in - 1);
}

double source(const InterpolatedAxis& axis, int64_t o) {
  const auto at = static_cast<double>(o);
  return axis.align_corners ? at * axis.step() : (at + 0.5) * axis.step() - 0.5;
}

void add_linear(ResampleTable& table, double at) {
  at = std::max(at, 0.0);
  const double low = std::min(std::floor(at), static_cast<double>(table.in - 1));
  const double rest = std::min(at - low, 1.0);
  add_clamped(table, static_cast<int64_t>(low), {1 - rest, rest});
}

void add_cubic(ResampleTable& table, double at) {
  const Cubic<double> cubic{kCubicInterpolation};
  const double low = std::floor(at), t = at - low;
  add_clamped(table, static_cast<int64_t>(low) - 1,
              {cubic.far(t + 1), cubic.near(t), cubic.near(1 - t), cubic.far(2 - t)});
}

// What antialiasing weighs elements by, and the distance from which on that is 0.
double reach(Interpolation mode) {
  if (mode == Interpolation::kLinear) return 1;
  return mode == Interpolation::kCubic ? 2 : 3;
}
double filtered(Interpolation mode, double distance) {
  const double d = std::abs(distance);
  if (d >= reach(mode)) return 0;
  if (mode == Interpolation::kLinear) return 1 - d;
  if (mode == Interpolation::kCubic) {
    const Cubic<double> cubic{kCubicAntialias};
    return d < 1 ? cubic.near(d) : cubic.far(d);
  }
  const auto sinc = [](double x) { return x == 0 ? 1 : std::sin(x) / x; };
  return sinc(std::numbers::pi * d) * sinc(std::numbers::pi * d / 3);
}

}  // namespace

ResampleTable::ResampleTable(int64_t inputs, int64_t outputs) : in(inputs) {
  const auto count = static_cast<size_t>(outputs);
  first.reserve(count);
  begin.reserve(count + 1);
  weights.reserve(count);
}

void ResampleTable::add(int64_t from, const std::vector<double>& with) {
  first.push_back(from);
  weights.insert(weights.end(), with.begin(), with.end());
  begin.push_back(static_cast<int64_t>(weights.size()));
}

ResampleTable ResampleTable::transposed() const {
  // Windows move on with the output, so those that cover one input are neighbours.
  ResampleTable back(out(), in);
  int64_t low = 0;
  const auto at = [](const auto& list, int64_t i) { return list[static_cast<size_t>(i)]; };
  const auto end = [&](int64_t o) { return at(first, o) + at(begin, o + 1) - at(begin, o); };
  for (int64_t i = 0; i < in; ++i) {
    while (low < out() && end(low) <= i) ++low;
    std::vector<double> column;
    for (int64_t o = low; o < out() && at(first, o) <= i; ++o)
      column.push_back(i < end(o) ? at(weights, at(begin, o) + i - at(first, o)) : 0.0);
    back.add(std::min(low, std::max<int64_t>(0, out() - 1)), column);
  }
  return back;
}

double InterpolatedAxis::step() const {
  if (align_corners)
    return out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0.0;
  return scale && *scale > 0 ? 1 / *scale : static_cast<double>(in) / static_cast<double>(out);
}

SharedTable interpolation_table(Interpolation mode, const InterpolatedAxis& axis) {
  auto table = std::make_shared<ResampleTable>(axis.in, axis.out);
  for (int64_t o = 0; o < axis.out; ++o) {
    if (mode == Interpolation::kLinear)
      add_linear(*table, source(axis, o));
    else if (mode == Interpolation::kCubic)
      add_cubic(*table, source(axis, o));
    else
      table->add(nearest(axis, o, mode == Interpolation::kNearestExact), {1.0});
  }
  return table;
}

SharedTable antialias_table(Interpolation mode, const InterpolatedAxis& axis) {
  auto table = std::make_shared<ResampleTable>(axis.in, axis.out);
  const double step = axis.step(), stretch = std::max(step, 1.0);
  const double support = reach(mode) * stretch;
  for (int64_t o = 0; o < axis.out; ++o) {
    const double center = step * (static_cast<double>(o) + 0.5);
    const auto first =
        std::clamp<int64_t>(static_cast<int64_t>(center - support + 0.5), 0, axis.in - 1);
    const auto last =
        std::clamp<int64_t>(static_cast<int64_t>(center + support + 0.5), first + 1, axis.in);
    std::vector<double> weights;
    double sum = 0;
    for (int64_t i = first; i < last; ++i) {
      weights.push_back(filtered(mode, (static_cast<double>(i) + 0.5 - center) / stretch));
      sum += weights.back();
    }
    if (sum != 0)
      for (double& weight : weights) weight /= sum;
    table->add(first, weights);
  }
  return table;
}

SharedTable adaptive_table(int64_t in, int64_t out) {
  auto table = std::make_shared<ResampleTable>(in, out);
  for (int64_t o = 0; o < out; ++o) {
    const int64_t first = o * in / out, last = ((o + 1) * in + out - 1) / out;
    const auto count = static_cast<size_t>(last - first);
    table->add(first, std::vector<double>(count, 1.0 / static_cast<double>(count)));
  }
  return table;
}

}  // namespace lamina

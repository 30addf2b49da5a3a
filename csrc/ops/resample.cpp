#include "ops/resample.h"

#include <algorithm>
#include <utility>

#include "autograd/node.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "kernels/resample.h"
#include "ops/copy.h"
#include "ops/loop.h"

namespace lamina {

namespace {

using autograd::Backward;

// A table and that of the way back; each direction is the other with the two exchanged.
struct Tables {
  SharedTable forth, back;
  Tables reversed() const { return {back, forth}; }
};

Tensor resample_dim(const char* op, const Tensor& given, int dim, const Tables& tables) {
  const Tensor x = contiguous(given);
  const int64_t in = tables.forth->in, out = tables.forth->out();
  Dims sizes = x.sizes();
  sizes[dim] = out;
  int64_t outer = 1, inner = 1;
  for (int d = 0; d < x.ndim(); ++d)
    if (d != dim) (d < dim ? outer : inner) *= x.size(d);
  const Tensor result = empty(sizes, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(op, {&result}, {&x}, [=, table = tables.forth](exec::Buffers buffers) {
      if (out == 0) return;
      const ResampleLine line{inner, table->first.data(), table->begin.data(),
                              table->weights.data()};
      const int64_t taps = 1 + line.begin[out] / out;
      const int64_t grain = std::max<int64_t>(1, kCheapGrain / std::max<int64_t>(1, inner * taps));
      parallel_for(outer * out, grain, [&](int64_t first, int64_t last) {
        while (first < last) {
          const int64_t at = first / out, from = first % out;
          const int64_t count = std::min(out - from, last - first);
          kernels().resample<T>().resample_line(line, from, from + count,
                                                buffers.get<T>(1) + at * in * inner,
                                                buffers.get<T>(0) + at * out * inner);
          first += count;
        }
      });
    });
  });
  if (autograd::needs_grad(given))
    autograd::record(op, result, {&given}, [=, back = tables.reversed()](Backward& b) {
      b.set(0, resample_dim(op, b.grad(), dim, back));
    });
  return result;
}

// The axes that shrink most go first. Of equal ones, what leaves the last dimension (the only one
// that is not resampled in vectors) the fewest rows.
Tensor resample(const char* op, Tensor x, std::vector<std::pair<int, SharedTable>> axes) {
  const auto rank = [](const auto& axis) {
    const double growth =
        static_cast<double>(axis.second->out()) / static_cast<double>(axis.second->in);
    return std::pair(growth, growth < 1 ? axis.first : -axis.first);
  };
  std::ranges::sort(axes, std::ranges::less(), rank);
  for (const auto& [dim, table] : axes) {
    const bool back = autograd::needs_grad(x);
    const SharedTable transposed =
        back ? std::make_shared<const ResampleTable>(table->transposed()) : nullptr;
    x = resample_dim(op, x, dim, {table, transposed});
  }
  return x;
}

// Sizes beyond the memory fail here, rather than while tables of such sizes are filled.
void check_room(const Tensor& x, const Dims& out) {
  Dims sizes = x.sizes();
  for (int i = 0; i < out.size(); ++i) sizes[x.ndim() - out.size() + i] = out[i];
  static_cast<void>(empty(sizes, x.dtype()));
}

constexpr const char* kInterpolate = "interpolate";

void check_interpolation(const Tensor& x, const Dims& out, const InterpolateOptions& options) {
  check<TypeError>(is_floating(x.dtype()), kInterpolate, "expected a floating tensor; got ",
                   name(x.dtype()));
  check(x.ndim() == out.size() + 2 &&
            (options.scales.empty() || std::ssize(options.scales) == out.size()),
        kInterpolate, "expected a size for each dimension after (N, C) of shape ", x.sizes(),
        "; got ", out);
  for (int d = 1; d < x.ndim(); ++d)
    check(x.size(d) > 0, kInterpolate, "expected an input that is not empty; got shape ",
          x.sizes());
  for (const int64_t size : out)
    check(size > 0, kInterpolate, "expected output sizes above 0; got ", out);
  element_count(kInterpolate, out);
}

}  // namespace

Tensor interpolate(const Tensor& x, const Dims& out, const InterpolateOptions& options) {
  check_interpolation(x, out, options);
  check_room(x, out);
  std::vector<std::pair<int, SharedTable>> axes;
  for (int i = 0; i < out.size(); ++i) {
    InterpolatedAxis axis{x.size(2 + i), out[i], {}, options.align_corners};
    if (!options.scales.empty()) axis.scale = options.scales[static_cast<size_t>(i)];
    if (axis.in == axis.out && axis.step() == 1) continue;
    axes.emplace_back(2 + i, options.antialias ? antialias_table(options.mode, axis)
                                               : interpolation_table(options.mode, axis));
  }
  return axes.empty() ? clone(x) : resample(kInterpolate, x, std::move(axes));
}

Tensor resample_adaptively(const char* op, const Tensor& x, const Dims& out) {
  check_room(x, out);
  std::vector<std::pair<int, SharedTable>> axes;
  for (int i = 0; i < out.size(); ++i) {
    const int dim = x.ndim() - out.size() + i;
    axes.emplace_back(dim, adaptive_table(x.size(dim), out[i]));
  }
  return resample(op, x, std::move(axes));
}

}  // namespace lamina

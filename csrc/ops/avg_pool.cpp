// Averages of windows; both directions are linear, and each is the other's way back.
#include "autograd/node.h"
#include "ops/copy.h"
#include "ops/pool.h"
#include "ops/pool_planes.h"
#include "ops/pool_windows.h"
#include "ops/reduce.h"
#include "ops/resample.h"

namespace lamina {

namespace {

using autograd::Backward;

struct Average {
  const char* op;
  PoolShape shape;    // as the caller gave it: padding may count
  PoolShape trimmed;  // as it is computed
  bool include_pad;
  std::optional<int64_t> divisor;

  // Elements of window o of an axis that count.
  int64_t elements(const PoolAxis& axis, int64_t o) const {
    const int64_t first = o * axis.stride - axis.padding;
    if (include_pad) return std::min(first + axis.kernel, axis.in + axis.padding) - first;
    return std::min(first + axis.kernel, axis.in) - std::max<int64_t>(first, 0);
  }
  template <class T>
  void divisors(T* to) const {
    for (int64_t z = 0; z < shape.axes[0].out; ++z)
      for (int64_t y = 0; y < shape.axes[1].out; ++y) {
        const int64_t rows = elements(shape.axes[0], z) * elements(shape.axes[1], y);
        for (int64_t x = 0; x < shape.axes[2].out; ++x)
          *to++ = static_cast<T>(divisor.value_or(rows * elements(shape.axes[2], x)));
      }
  }
};

Tensor average_bwd(const Average& average, const Tensor& grad);

Tensor average_fwd(const Average& average, const Tensor& given) {
  const Tensor x = contiguous(given);
  const Tensor out = empty(average.shape.out_sizes, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(average.op, {&out}, {&x}, [average](exec::Buffers buffers) {
      const int64_t count = average.shape.plane_out();
      const Scratch<T> divisors(count);
      average.divisors(divisors.data());
      const auto& kernel = kernels().pool<T>();
      for_windows<T>(
          average.trimmed, buffers.get<T>(1), T(0),
          [&](int64_t first, const PoolRows& rows, const PoolTaps& taps, const T* planes) {
            T* y = buffers.get<T>(0) + first * count;
            kernel.sum_fwd(rows, taps, planes, y);
            kernel.divide_planes(rows.counts[0], count, y, divisors.data(), y);
          });
    });
  });
  if (autograd::needs_grad(given))
    autograd::record(average.op, out, {&given},
                     [average](Backward& b) { b.set(0, average_bwd(average, b.grad())); });
  return out;
}

Tensor average_bwd(const Average& average, const Tensor& given) {
  const Tensor grad = contiguous(given);
  const Tensor out = empty(average.shape.in_sizes, grad.dtype());
  visit_floating(grad.dtype(), [&]<class T>() {
    exec::launch(average.op, {&out}, {&grad}, [average](exec::Buffers buffers) {
      const int64_t count = average.shape.plane_out();
      const Scratch<T> divisors(count);
      average.divisors(divisors.data());
      const auto& kernel = kernels().pool<T>();
      for_elements(average.trimmed, [&](const PoolFrame& frame, int64_t most) {
        return [&, share = Scratch<T>(most * count + kPoolRoom<T>),
                framed = FramedPlanes<T>(frame, most, T(0))](int64_t first,
                                                             const PoolElements& elements) mutable {
          const int64_t planes = elements.planes;
          kernel.divide_planes(planes, count, buffers.get<T>(1) + first * count, divisors.data(),
                               share.data());
          kernel.sum_bwd(elements, framed.get(share.data(), planes, kPoolRoom<T>),
                         buffers.get<T>(0) + first * average.shape.plane_in());
        };
      });
    });
  });
  if (autograd::needs_grad(given))
    autograd::record(average.op, out, {&given},
                     [average](Backward& b) { b.set(0, average_fwd(average, b.grad())); });
  return out;
}

// The average of all of a plane.
Tensor plane_mean(const Tensor& x, int axes) {
  Dims dims;
  for (int d = x.ndim() - axes; d < x.ndim(); ++d) dims.push_back(d);
  return mean(x, dims, true);
}

}  // namespace

Tensor avg_pool(const char* op, const Tensor& x, int axes, const PoolWindow& window,
                bool include_pad, std::optional<int64_t> divisor) {
  check(divisor != 0, op, "expected a divisor that is not 0; got 0");
  const PoolShape shape = pool_shape(op, x, axes, window);
  if (!divisor && shape.is_plane()) return plane_mean(x, axes);
  return average_fwd({op, shape, trimmed(shape), include_pad, divisor}, x);
}

Tensor adaptive_avg_pool(const char* op, const Tensor& x, const Dims& out) {
  const PoolShape shape = adaptive_shape(op, x, out);
  if (!divides_evenly(shape, out)) return resample_adaptively(op, x, out);
  const PoolShape even = even_shape(shape, out);
  if (even.is_plane()) return plane_mean(x, out.size());
  return average_fwd({op, even, trimmed(even), true, {}}, x);
}

}  // namespace lamina

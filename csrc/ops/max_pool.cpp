// Maxima of equal windows, and how their gradients find the way back.
#include <limits>

#include "autograd/node.h"
#include "ops/arg_reduce.h"
#include "ops/copy.h"
#include "ops/pool.h"
#include "ops/pool_planes.h"
#include "ops/pool_windows.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

struct Pooled {
  Tensor out, taps;  // the number of the greatest tap; empty where nobody asked
};

// Calls f(place among the results of a plane, {z, y, x}).
template <class F>
void each_result(const PoolShape& shape, F f) {
  int64_t at = 0;
  for (int64_t z = 0; z < shape.axes[0].out; ++z)
    for (int64_t y = 0; y < shape.axes[1].out; ++y)
      for (int64_t x = 0; x < shape.axes[2].out; ++x, ++at) {
        const int64_t where[3] = {z, y, x};
        f(at, where);
      }
}

// The first tap of a window that is not on the padding.
int64_t first_tap(const PoolShape& shape, const int64_t* where) {
  int64_t tap = 0;
  for (int d = 0; d < 3; ++d) {
    const PoolAxis& axis = shape.axes[d];
    const int64_t before = std::max<int64_t>(0, axis.padding - where[d] * axis.stride);
    tap = tap * axis.kernel + (before + axis.dilation - 1) / axis.dilation;
  }
  return tap;
}

// Windows of nothing but -infinity name their first element, as any other window would.
template <class T>
void name_first(const PoolShape& shape, int64_t planes, const T* y, TapOf<T>* taps) {
  for (int64_t plane = 0; plane < planes; ++plane) {
    const int64_t offset = plane * shape.plane_out();
    each_result(shape, [&](int64_t at, const int64_t* where) {
      if (y[offset + at] == -std::numeric_limits<T>::infinity())
        taps[offset + at] = static_cast<TapOf<T>>(first_tap(shape, where));
    });
  }
}

Pooled max_fwd(const char* op, const PoolShape& shape, const Tensor& x, bool with_taps) {
  Pooled pooled{empty(shape.out_sizes, x.dtype()), {}};
  visit_floating(x.dtype(), [&]<class T>() {
    const auto compute = [=](const T* from, T* y, TapOf<T>* taps) {
      const T lowest = -std::numeric_limits<T>::infinity();
      for_windows<T>(shape, from, lowest,
                     [&](int64_t first, const PoolRows& rows, const PoolTaps& of, const T* planes) {
                       const int64_t at = first * shape.plane_out();
                       TapOf<T>* numbers = taps ? taps + at : nullptr;
                       bool bare = false;
                       kernels().pool<T>().max_fwd(rows, of, planes, y + at, numbers, bare);
                       if (bare && shape.padded())
                         name_first(shape, rows.counts[0], y + at, numbers);
                     });
    };
    if (!with_taps) {
      exec::launch(op, {&pooled.out}, {&x}, [=](exec::Buffers buffers) {
        compute(buffers.get<T>(1), buffers.get<T>(0), nullptr);
      });
      return;
    }
    pooled.taps = empty(shape.out_sizes, kDTypeOf<TapOf<T>>);
    exec::launch(op, {&pooled.out, &pooled.taps}, {&x}, [=](exec::Buffers buffers) {
      compute(buffers.get<T>(2), buffers.get<T>(0), buffers.get<TapOf<T>>(1));
    });
  });
  return pooled;
}

// The places in their planes that taps stand for.
Tensor places(const PoolShape& shape, const Tensor& taps) {
  const Tensor index = empty(shape.out_sizes, DType::kInt64);
  visit(taps.dtype(), [&]<class Tap>() {
    exec::launch("max_pool_index", {&index}, {&taps}, [=](exec::Buffers buffers) {
      const PoolAxis *z = &shape.axes[0], *y = &shape.axes[1], *x = &shape.axes[2];
      const int64_t count = shape.plane_out();
      const auto coordinate = [](const PoolAxis* axis, int64_t window, int64_t tap) {
        return window * axis->stride - axis->padding + tap * axis->dilation;
      };
      const auto plane_index = [&](const Tap* from, int64_t* to) {
        each_result(shape, [&](int64_t at, const int64_t* where) {
          const auto tap = static_cast<int64_t>(from[at]);
          const int64_t i = coordinate(z, where[0], tap / x->kernel / y->kernel);
          const int64_t j = coordinate(y, where[1], tap / x->kernel % y->kernel);
          to[at] = (i * y->in + j) * x->in + coordinate(x, where[2], tap % x->kernel);
        });
      };
      const int64_t grain = std::max<int64_t>(1, kCostlyGrain / count);
      parallel_for(shape.planes, grain, [&](int64_t first, int64_t last) {
        for (int64_t plane = first; plane < last; ++plane)
          plane_index(buffers.get<Tap>(1) + plane * count, buffers.get<int64_t>(0) + plane * count);
      });
    });
  });
  return index;
}

Tensor max_bwd(const char* op, const PoolShape& shape, const Tensor& taps, const Tensor& given) {
  if (autograd::grad_enabled)
    return add_at(given, places(shape, taps), shape.in_sizes, shape.planes);
  const Tensor grad = contiguous(given);
  const Tensor out = empty(shape.in_sizes, grad.dtype());
  visit_floating(grad.dtype(), [&]<class T>() {
    exec::launch(op, {&out}, {&grad, &taps}, [=](exec::Buffers buffers) {
      const T* from = buffers.get<T>(1);
      const T* taken = buffers.get<T>(2);  // the taps, which frames move as bits
      for_elements(shape, [&](const PoolFrame& frame, int64_t most) {
        return [&, grads = FramedPlanes<T>(frame, most, T(0)),
                numbers = FramedPlanes<T>(frame, most, T(0))](
                   int64_t first, const PoolElements& elements) mutable {
          const int64_t at = first * shape.plane_out(), planes = elements.planes;
          const int64_t behind = (shape.planes - first - planes) * shape.plane_out();
          kernels().pool<T>().max_bwd(elements, grads.get(from + at, planes, behind),
                                      numbers.get(taken + at, planes, behind),
                                      buffers.get<T>(0) + first * shape.plane_in());
        };
      });
    });
  });
  return out;
}

Pooled pool(const char* op, const Tensor& given, const PoolShape& whole, bool with_taps) {
  const PoolShape shape = trimmed(whole);
  const Tensor x = contiguous(given);
  const bool differentiable = autograd::needs_grad(given);
  Pooled pooled = max_fwd(op, shape, x, with_taps || differentiable);
  if (differentiable)
    autograd::record(op, pooled.out, {&given}, [=, taps = Saved(pooled.taps)](Backward& b) {
      b.set(0, max_bwd(op, shape, taps.get(b), b.grad()));
    });
  return pooled;
}

// The greatest element of all of a plane.
WithIndices plane_max(const Tensor& x, const PoolShape& shape) {
  const ValuesIndices highest = max(reshape(x, {shape.planes, shape.plane_in()}), -1, false);
  return {view(highest.values, shape.out_sizes), view(highest.indices, shape.out_sizes)};
}

WithIndices indexed(const char* op, const Tensor& x, const PoolShape& shape) {
  if (shape.is_plane()) return plane_max(x, shape);
  const Pooled pooled = pool(op, x, shape, true);
  return {pooled.out, places(trimmed(shape), pooled.taps)};
}

}  // namespace

Tensor max_pool(const char* op, const Tensor& x, int axes, const PoolWindow& window) {
  const PoolShape shape = pool_shape(op, x, axes, window);
  return shape.is_plane() ? plane_max(x, shape).first : pool(op, x, shape, false).out;
}

WithIndices max_pool_with_indices(const char* op, const Tensor& x, int axes,
                                  const PoolWindow& window) {
  return indexed(op, x, pool_shape(op, x, axes, window));
}

WithIndices adaptive_max_pool(const char* op, const Tensor& x, const Dims& out) {
  const PoolShape shape = adaptive_shape(op, x, out);
  if (divides_evenly(shape, out)) return indexed(op, x, even_shape(shape, out));
  return max_of_adaptive_windows(op, x, shape);
}

}  // namespace lamina

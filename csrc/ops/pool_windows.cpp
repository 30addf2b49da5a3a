#include "ops/pool_windows.h"

#include <array>

#include "autograd/node.h"
#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/index.h"
#include "ops/loop.h"
#include "ops/scatter.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// The bounds of the windows of one plane: adaptive ones, until others are set.
class Bounds {
 public:
  explicit Bounds(const PoolShape& shape) {
    int64_t count = 0;
    for (const PoolAxis& axis : shape.axes) count += 2 * axis.out;
    int64_t* next = memory_.reserve(count);
    for (int d = 0; d < 3; ++d) {
      const PoolAxis& axis = shape.axes[d];
      first[d] = next;
      last[d] = next + axis.out;
      next = last[d] + axis.out;
      windows.in[d] = axis.in;
      windows.out[d] = axis.out;
      windows.first[d] = first[d];
      windows.last[d] = last[d];
      for (int64_t o = 0; o < axis.out; ++o) {
        first[d][o] = o * axis.in / axis.out;
        last[d][o] = ((o + 1) * axis.in + axis.out - 1) / axis.out;
      }
    }
  }
  // Pseudo-random steps of (in - kernel) / (out - 1) on average; the last window ends at the end.
  template <class T>
  void sample(int d, const PoolAxis& axis, T offset) {
    const T step = static_cast<T>(axis.in - axis.kernel) / static_cast<T>(axis.out - 1);
    for (int64_t o = 0; o < axis.out; ++o) {
      const bool at_end = o + 1 == axis.out;
      first[d][o] = at_end ? axis.in - axis.kernel
                           : static_cast<int64_t>((static_cast<T>(o) + offset) * step) -
                                 static_cast<int64_t>(offset * step);
      last[d][o] = first[d][o] + axis.kernel;
    }
  }

  PoolWindows windows;

 private:
  Scratch<int64_t> memory_;
  int64_t* first[3];
  int64_t* last[3];
};

// The samples of a plane stand in the order x, y in two dimensions, but z, y, x in three.
int sample_of(int d, int axes) { return axes == 2 ? 2 - d : d; }

// y[index[i]] = x[i] in a plane of zeros.
template <class T>
void set_at(const char* op, std::array<int64_t, 2> sizes, const T* x, const int64_t* index, T* y) {
  const auto [from, to] = sizes;
  std::fill_n(y, to, T(0));
  for (int64_t i = 0; i < from; ++i) {
    check<IndexError>(index[i] >= 0 && index[i] < to, op, "expected indices from 0 to ", to - 1,
                      "; got ", index[i]);
    y[index[i]] = x[i];
  }
}

// Calls bound(bounds, plane) before each plane.
template <class T, class Bound>
void max_planes(const PoolShape& shape, const T* x, T* y, int64_t* index, Bound bound) {
  const int64_t in = shape.plane_in(), out = shape.plane_out();
  const int64_t grain = std::max<int64_t>(1, kCostlyGrain / in);
  parallel_for(shape.planes, grain, [&](int64_t begin, int64_t end) {
    Bounds bounds(shape);
    for (int64_t plane = begin; plane < end; ++plane) {
      bound(bounds, plane);
      kernels().pool<T>().max_windows(bounds.windows, x + plane * in, y + plane * out,
                                      index + plane * out);
    }
  });
}

void record_max(const char* op, const WithIndices& result, const Tensor& x, int64_t planes) {
  if (!autograd::needs_grad(x)) return;
  autograd::record(op, result.first, {&x},
                   [=, sizes = x.sizes(), index = Saved(result.second)](Backward& b) {
                     b.set(0, add_at(b.grad(), index.get(b), sizes, planes));
                   });
}

WithIndices empty_results(const PoolShape& shape, DType dtype) {
  return {empty(shape.out_sizes, dtype), empty(shape.out_sizes, DType::kInt64)};
}

// What follows from the kernel's and the result's sizes.
PoolShape fractional_shape(const char* op, const Tensor& x, const Dims& kernel, const Dims& out) {
  PoolShape shape = unpooled(op, x, out.size());
  const Dims size = per_axis(op, "kernel size", kernel, out.size());
  for (int i = 0; i < out.size(); ++i) {
    PoolAxis& axis = shape.axes[3 - out.size() + i];
    axis.kernel = size[i];
    axis.out = out[i];
    check(axis.kernel > 0 && axis.out > 0 && axis.out + axis.kernel - 1 <= axis.in, op,
          "expected a kernel and results that fit the input; got shape ", x.sizes(),
          ", kernel size ", size, " and output size ", out);
    shape.out_sizes[x.ndim() - out.size() + i] = out[i];
  }
  return shape;
}

void check_samples(const char* op, const Tensor& x, const Tensor& samples, int axes) {
  const bool batch = x.ndim() == axes + 2;
  const int64_t n = batch ? x.size(0) : 1, channels = x.size(batch ? 1 : 0);
  const bool fits = samples.ndim() == 3 && samples.size(0) >= n && samples.size(1) == channels &&
                    samples.size(2) == axes;
  check(fits, op, "expected samples of shape ", Dims{n, channels, axes}, "; got ", samples.sizes());
  check<TypeError>(samples.dtype() == x.dtype(), op, "expected samples of type ", name(x.dtype()),
                   "; got ", name(samples.dtype()));
}

}  // namespace

Tensor add_at(const Tensor& values, const Tensor& index, const Dims& sizes, int64_t planes) {
  const Tensor out = zeros(sizes, values.dtype());
  if (out.count() == 0 || values.count() == 0) return out;
  const Tensor flat = view(out, {planes, -1});
  scatter_(flat, 1, reshape(index, {planes, -1}), reshape(values, {planes, -1}), Scatter::kAdd);
  return view(flat, sizes);
}

PoolShape adaptive_shape(const char* op, const Tensor& x, const Dims& out) {
  PoolShape shape = unpooled(op, x, out.size(), true);
  for (int i = 0; i < out.size(); ++i) {
    check(out[i] >= 0, op, "expected output sizes of at least 0; got ", out);
    shape.axes[3 - out.size() + i].out = out[i];
    shape.out_sizes[x.ndim() - out.size() + i] = out[i];
  }
  element_count(op, shape.out_sizes);
  return shape;
}

WithIndices max_of_adaptive_windows(const char* op, const Tensor& given, const PoolShape& shape) {
  const Tensor x = contiguous(given);
  const WithIndices result = empty_results(shape, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(op, {&result.first, &result.second}, {&x}, [=](exec::Buffers buffers) {
      max_planes<T>(shape, buffers.get<T>(2), buffers.get<T>(0), buffers.get<int64_t>(1),
                    [](Bounds&, int64_t) {});
    });
  });
  record_max(op, result, given, shape.planes);
  return result;
}

WithIndices fractional_max_pool(const char* op, const Tensor& given, const Dims& kernel,
                                const Dims& out, const Tensor& given_samples) {
  const PoolShape shape = fractional_shape(op, given, kernel, out);
  const int axes = out.size();
  check_samples(op, given, given_samples, axes);
  const Tensor x = contiguous(given), samples = contiguous(given_samples);
  const WithIndices result = empty_results(shape, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(op, {&result.first, &result.second}, {&x, &samples}, [=](exec::Buffers buffers) {
      const T* offsets = buffers.get<T>(3);
      max_planes<T>(shape, buffers.get<T>(2), buffers.get<T>(0), buffers.get<int64_t>(1),
                    [&](Bounds& bounds, int64_t plane) {
                      for (int d = 3 - axes; d < 3; ++d) {
                        const T offset = offsets[plane * axes + sample_of(d, axes)];
                        check(offset >= 0 && offset <= 1, op, "expected samples from 0 to 1; got ",
                              offset);
                        bounds.sample(d, shape.axes[d], offset);
                      }
                    });
    });
  });
  record_max(op, result, given, shape.planes);
  return result;
}

Tensor max_unpool(const char* op, const Tensor& given, const Tensor& given_index, const Dims& out) {
  const PoolShape shape = unpooled(op, given, out.size());
  check<TypeError>(given_index.dtype() == DType::kInt64, op, "expected indices of type int64; got ",
                   name(given_index.dtype()));
  check(given_index.sizes() == given.sizes(), op, "expected indices of shape ", given.sizes(),
        "; got ", given_index.sizes());
  Dims sizes = given.sizes();
  for (int i = 0; i < out.size(); ++i) sizes[sizes.size() - out.size() + i] = out[i];
  const Tensor x = contiguous(given), index = contiguous(given_index);
  const Tensor result = empty(sizes, x.dtype());
  const int64_t planes = shape.planes, from = shape.plane_in();
  const int64_t to = planes == 0 ? 0 : result.count() / planes;
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(op, {&result}, {&x, &index}, [=](exec::Buffers buffers) {
      const int64_t grain = std::max<int64_t>(1, kCheapGrain / (from + to));
      parallel_for(planes, grain, [=](int64_t begin, int64_t end) {
        for (int64_t plane = begin; plane < end; ++plane)
          set_at(op, {from, to}, buffers.get<T>(1) + plane * from,
                 buffers.get<int64_t>(2) + plane * from, buffers.get<T>(0) + plane * to);
      });
    });
  });
  if (autograd::needs_grad(given))
    autograd::record(op, result, {&given}, [=, saved = Saved(index)](Backward& b) {
      const Tensor at = view(saved.get(b), {planes, from});
      b.set(0, view(gather(reshape(b.grad(), {planes, to}), 1, at), saved.get(b).sizes()));
    });
  return result;
}

}  // namespace lamina

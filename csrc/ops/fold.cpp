#include "ops/fold.h"

#include "autograd/node.h"
#include "ops/copy.h"
#include "ops/phases.h"

namespace lamina {

namespace {

using autograd::Backward;

constexpr int kAxes = 2;

// Images and their windows: shape.in_sizes are those of the images, out_sizes of the columns.
PoolShape window_shape(const char* op, const Dims& sizes, const PoolWindow& window) {
  PoolShape shape;
  const Dims kernel = per_axis(op, "kernel size", window.kernel, kAxes);
  const Dims stride = per_axis(op, "stride", window.stride, kAxes);
  const Dims padding = per_axis(op, "padding", window.padding, kAxes);
  const Dims dilation = per_axis(op, "dilation", window.dilation, kAxes);
  const int leading = sizes.size() - kAxes;
  shape.axes[0] = {1, 1, 1, 1, 0, 1};
  for (int i = 0; i < kAxes; ++i) {
    PoolAxis& axis = shape.axes[1 + i];
    axis = {sizes[leading + i], 0, kernel[i], stride[i], padding[i], dilation[i]};
    check_window(op, axis);
    const int64_t room = axis.in + 2 * axis.padding - (axis.kernel - 1) * axis.dilation - 1;
    check(room >= 0, op, "expected windows that fit the image; got shape ", sizes,
          " and kernel size ", kernel);
    axis.out = room / axis.stride + 1;
    settle_stride(axis);
  }
  for (int d = 0; d < leading; ++d) shape.planes *= sizes[d];
  element_count(op, {shape.planes, kernel[0], kernel[1], shape.axes[1].out, shape.axes[2].out});
  shape.in_sizes = sizes;
  for (int d = 0; d < leading; ++d) shape.out_sizes.push_back(sizes[d]);
  shape.out_sizes[leading - 1] *= shape.taps();
  shape.out_sizes.push_back(shape.plane_out());
  return shape;
}

// One plane a chunk: its columns stand together.
template <class T, class F>
void each_plane(const PoolShape& shape, const PhaseChunk<T>& chunk, F f) {
  const PoolPhases phases = phases_of(shape);
  for (int64_t plane = 0; plane < chunk.planes; ++plane)
    f(runs_of(phases, 1), chunk.buffer + plane * phases.plane,
      (chunk.first + plane) * shape.taps() * shape.plane_out());
}

Tensor fold(const PoolShape& shape, const Tensor& given);

Tensor unfold(const PoolShape& shape, const Tensor& given) {
  const Tensor x = contiguous(given);
  const Tensor out = empty(shape.out_sizes, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch("unfold", {&out}, {&x}, [shape](exec::Buffers buffers) {
      gather_windows<T>(shape, buffers.get<T>(1), T(0), [&](const PhaseChunk<T>& chunk) {
        each_plane(shape, chunk, [&](const PoolRuns& runs, const T* plane, int64_t at) {
          kernels().pool<T>().copy_taps(runs, chunk.taps, plane, buffers.get<T>(0) + at,
                                        shape.plane_out());
        });
      });
    });
  });
  if (autograd::needs_grad(given))
    autograd::record("unfold", out, {&given},
                     [shape](Backward& b) { b.set(0, fold(shape, b.grad())); });
  return out;
}

Tensor fold(const PoolShape& shape, const Tensor& given) {
  const Tensor x = contiguous(given);
  const Tensor out = empty(shape.in_sizes, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch("fold", {&out}, {&x}, [shape](exec::Buffers buffers) {
      scatter_windows<T>(shape, buffers.get<T>(0), [&](const PhaseChunk<T>& chunk) {
        each_plane(shape, chunk, [&](const PoolRuns& runs, T* plane, int64_t at) {
          kernels().pool<T>().add_taps(runs, chunk.taps, buffers.get<T>(1) + at, shape.plane_out(),
                                       plane);
        });
      });
    });
  });
  if (autograd::needs_grad(given))
    autograd::record("fold", out, {&given},
                     [shape](Backward& b) { b.set(0, unfold(shape, b.grad())); });
  return out;
}

}  // namespace

Tensor unfold_windows(const Tensor& x, const PoolWindow& window) {
  unpooled("unfold", x, kAxes);
  return unfold(window_shape("unfold", x.sizes(), window), x);
}

Tensor fold_windows(const Tensor& x, const Dims& sizes, const PoolWindow& window) {
  const Dims size = per_axis("fold", "output size", sizes, kAxes);
  const Dims kernel = per_axis("fold", "kernel size", window.kernel, kAxes);
  unpooled("fold", x, 1);
  const int64_t area = kernel[0] * kernel[1], columns = x.size(x.ndim() - 2);
  check(size[0] > 0 && size[1] > 0, "fold", "expected output sizes above 0; got ", size);
  check(area > 0 && columns % area == 0, "fold", "expected rows in multiples of the kernel's ",
        area, " elements; got shape ", x.sizes());
  Dims image = x.sizes();
  image[x.ndim() - 2] = columns / area;
  image[x.ndim() - 1] = size[0];
  image.push_back(size[1]);
  const PoolShape shape = window_shape("fold", image, window);
  check(shape.out_sizes == x.sizes(), "fold", "expected shape ", shape.out_sizes,
        " for output size ", size, "; got ", x.sizes());
  return fold(shape, x);
}

}  // namespace lamina

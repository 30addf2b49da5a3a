#include "ops/pool_shape.h"

#include <algorithm>
#include <limits>

namespace lamina {

namespace {

// Products of two of a window's numbers must not overflow.
constexpr int64_t kLargest = std::numeric_limits<int32_t>::max();

// Elements of the phases of one chunk: as many planes as stay in the first cache.
constexpr int64_t kChunk = int64_t{1} << 12;

int64_t windows(const PoolAxis& axis, bool ceil_mode) {
  const int64_t extent = (axis.kernel - 1) * axis.dilation + 1;
  const int64_t room = axis.in + 2 * axis.padding - extent + (ceil_mode ? axis.stride - 1 : 0);
  if (room < 0) return 0;
  const int64_t count = room / axis.stride + 1;
  // The last window must begin on the input or the padding before it.
  const bool beyond = (count - 1) * axis.stride >= axis.in + axis.padding;
  return ceil_mode && beyond ? count - 1 : count;
}

}  // namespace

void check_window(const char* op, const PoolAxis& axis) {
  const int64_t most = std::max({axis.kernel, axis.stride, axis.dilation, axis.padding});
  check(axis.kernel > 0 && axis.stride > 0 && axis.dilation > 0 && axis.padding >= 0 &&
            most <= kLargest,
        op,
        "expected kernel size, stride and dilation above 0, padding of at least 0, all at most ",
        kLargest, "; got ", axis.kernel, ", ", axis.stride, ", ", axis.dilation, " and ",
        axis.padding);
}

PoolShape unpooled(const char* op, const Tensor& x, int axes, bool channels_may_be_empty) {
  check<TypeError>(is_floating(x.dtype()), op, "expected a floating tensor; got ", name(x.dtype()));
  const int leading = x.ndim() - axes;
  check(leading == 1 || leading == 2, op, "expected ", axes + 1, " or ", axes + 2,
        " dimensions (with a batch); got shape ", x.sizes());
  PoolShape shape;
  shape.in_sizes = shape.out_sizes = x.sizes();
  for (int d = 0; d < leading; ++d) shape.planes *= x.size(d);
  for (int d = 0; d < 3; ++d) {
    const int dim = x.ndim() - 3 + d;
    shape.axes[d] = {d < 3 - axes ? 1 : x.size(dim), 1, 1, 1, 0, 1};
  }
  for (int d = channels_may_be_empty ? leading : leading - 1; d < x.ndim(); ++d)
    check(x.size(d) > 0, op, "expected an input that is not empty; got shape ", x.sizes());
  return shape;
}

Dims per_axis(const char* op, const char* what, const Dims& given, int axes) {
  check(given.size() == 1 || given.size() == axes, op, "expected one ", what, " or ", axes,
        " of them; got ", given);
  return given.size() == axes ? given : Dims::filled(axes, given[0]);
}

PoolShape pool_shape(const char* op, const Tensor& x, int axes, const PoolWindow& window) {
  PoolShape shape = unpooled(op, x, axes);
  const Dims kernel = per_axis(op, "kernel size", window.kernel, axes);
  const Dims stride = window.stride.empty() ? kernel : per_axis(op, "stride", window.stride, axes);
  const Dims padding = per_axis(op, "padding", window.padding, axes);
  const Dims dilation = per_axis(op, "dilation", window.dilation, axes);
  for (int i = 0; i < axes; ++i) {
    PoolAxis& axis = shape.axes[3 - axes + i];
    axis = {axis.in, 0, kernel[i], stride[i], padding[i], dilation[i]};
    check_window(op, axis);
    check(axis.padding <= axis.kernel / 2, op,
          "expected a padding of at most half of the kernel; got ", axis.padding,
          " for kernel size ", axis.kernel);
    axis.out = windows(axis, window.ceil_mode);
    check(axis.out > 0, op, "expected windows that fit the input; got shape ", x.sizes(),
          " and kernel size ", kernel);
    shape.out_sizes[x.ndim() - axes + i] = axis.out;
  }
  return shape;
}

bool divides_evenly(const PoolShape& shape, const Dims& out) {
  for (int i = 0; i < out.size(); ++i)
    if (out[i] == 0 || shape.axes[3 - out.size() + i].in % out[i] != 0) return false;
  return true;
}

PoolShape even_shape(PoolShape shape, const Dims& out) {
  for (int i = 0; i < out.size(); ++i) {
    PoolAxis& axis = shape.axes[3 - out.size() + i];
    axis.out = out[i];
    axis.kernel = axis.stride = axis.in / out[i];
    shape.out_sizes[shape.out_sizes.size() - out.size() + i] = out[i];
  }
  return shape;
}

void settle_stride(PoolAxis& axis) {
  if (axis.out == 1) axis.stride = (axis.kernel - 1) * axis.dilation + 1;
}

PoolShape trimmed(PoolShape shape) {
  for (PoolAxis& axis : shape.axes) {
    const int64_t before = axis.padding - (axis.out - 1) * axis.stride;
    // Rounded down, so that no padding becomes negative.
    const int64_t first = std::max<int64_t>(0, before / axis.dilation);
    const int64_t last = std::min(axis.kernel - 1, (axis.in - 1 + axis.padding) / axis.dilation);
    axis.kernel = std::max<int64_t>(1, last - first + 1);
    axis.padding -= first * axis.dilation;
    settle_stride(axis);
  }
  return shape;
}

PoolPhases phases_of(const PoolShape& shape) {
  PoolPhases phases;
  int64_t count = 1;
  phases.plane = 1;
  for (int d = 0; d < 3; ++d) {
    const PoolAxis& axis = phases.axes[d] = shape.axes[d];
    phases.pitch[d] = axis.out + (axis.kernel - 1) * axis.dilation / axis.stride;
    phases.plane *= phases.pitch[d];
    count *= axis.stride;
  }
  phases.planes = std::clamp<int64_t>(kChunk / (phases.plane * count), 1, shape.planes);
  phases.phase = phases.planes * phases.plane;
  return phases;
}

PoolRuns runs_of(const PoolPhases& phases, int64_t planes) {
  const PoolAxis* axes = phases.axes;
  const int64_t row = phases.pitch[2], slice = row * phases.pitch[1];
  PoolRuns runs{{planes, axes[0].out, axes[1].out}, {phases.plane, slice, row}, axes[2].out};
  // Where a phase has no more places than there are windows, runs join.
  for (int d = 2; d >= 0 && phases.pitch[d] == axes[d].out; --d) {
    runs.length *= runs.counts[d];
    runs.counts[d] = 1;
  }
  return runs;
}

void tap_offsets(const PoolPhases& phases, int64_t* offsets) {
  const PoolAxis* axes = phases.axes;
  int64_t phase[3], place[3];
  const auto locate = [&](int d, int64_t tap) {
    phase[d] = tap * axes[d].dilation % axes[d].stride;
    place[d] = tap * axes[d].dilation / axes[d].stride;
  };
  for (int64_t z = 0; z < axes[0].kernel; ++z) {
    locate(0, z);
    for (int64_t y = 0; y < axes[1].kernel; ++y) {
      locate(1, y);
      for (int64_t x = 0; x < axes[2].kernel; ++x) {
        locate(2, x);
        *offsets++ =
            ((phase[0] * axes[1].stride + phase[1]) * axes[2].stride + phase[2]) * phases.phase +
            (place[0] * phases.pitch[1] + place[1]) * phases.pitch[2] + place[2];
      }
    }
  }
}

}  // namespace lamina

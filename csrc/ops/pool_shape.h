// What sliding windows cover and where their taps lie: shapes and offsets, no tensor memory.
#pragma once

#include <vector>

#include "core/tensor.h"
#include "kernels/pool.h"

namespace lamina {

// As the caller gave them: one number for all axes or one an axis; an empty stride is the kernel.
struct PoolWindow {
  Dims kernel, stride, padding{0}, dilation{1};
  bool ceil_mode = false;
};

// Windows on the last axes of a tensor; fewer than three axes have axes of size 1 in front.
struct PoolShape {
  PoolAxis axes[3];
  int64_t planes = 1;
  Dims in_sizes, out_sizes;

  int64_t plane_in() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t plane_out() const { return axes[0].out * axes[1].out * axes[2].out; }
  int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
  bool disjoint() const {
    for (const PoolAxis& axis : axes)
      if (axis.kernel > 1 && (axis.kernel - 1) * axis.dilation >= axis.stride) return false;
    return true;
  }
  // All windows are one, which is the plane.
  bool is_plane() const {
    for (const PoolAxis& axis : axes)
      if (axis.out != 1 || axis.kernel != axis.in || axis.padding != 0) return false;
    return true;
  }
  bool padded() const { return axes[0].padding + axes[1].padding + axes[2].padding > 0; }
};

// The tensor's last `axes` dimensions, a window each, not yet filled in but for `in`; refuses
// tensors that are not floating, have no or two and more dimensions before channels, or are empty
// where PyTorch wants elements.
PoolShape unpooled(const char* op, const Tensor& x, int axes, bool channels_may_be_empty = false);
// Refuses sizes that make no window.
void check_window(const char* op, const PoolAxis& axis);
// `given` with one number an axis.
Dims per_axis(const char* op, const char* what, const Dims& given, int axes);
PoolShape pool_shape(const char* op, const Tensor& x, int axes, const PoolWindow& window);
// Equal windows side by side, where they cut the input without a rest.
PoolShape even_shape(PoolShape shape, const Dims& out);
bool divides_evenly(const PoolShape& shape, const Dims& out);
// The stride of a single window is of no effect; this one makes its phases as few as its elements.
void settle_stride(PoolAxis& axis);
// The same results from windows that lose the taps which no window has on the input.
PoolShape trimmed(PoolShape shape);

// The layout in which a shape's planes are cut.
PoolPhases phases_of(const PoolShape& shape);
PoolRuns runs_of(const PoolPhases& phases, int64_t planes);
void tap_offsets(const PoolPhases& phases, int64_t* offsets);

}  // namespace lamina

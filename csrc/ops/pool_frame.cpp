#include "ops/pool_frame.h"

#include <algorithm>

namespace lamina {

namespace {

// The taps of an axis by the remainder of the elements they are: a list for each, from first[r] on.
struct AxisTaps {
  int64_t *first, *next;
  int64_t* shift;  // from the quotient of such an element to the window that has it as tap k

  AxisTaps(const PoolAxis& axis, int64_t before, int64_t*& memory)
      : first(memory), next(first + axis.stride), shift(next + axis.kernel) {
    memory = shift + axis.kernel;
    std::fill_n(first, axis.stride, -1);
    for (int64_t k = axis.kernel - 1; k >= 0; --k) {
      const int64_t at = k * axis.dilation - axis.padding;  // of window 0
      const int64_t r = (at % axis.stride + axis.stride) % axis.stride;
      shift[k] = before + (r - at) / axis.stride;
      next[k] = first[r];
      first[r] = k;
    }
  }
  template <class F>
  void each(int64_t r, F f) const {
    for (int64_t k = first[r]; k >= 0; k = next[k]) f(k, shift[k]);
  }
};

int64_t remainders(const PoolShape& shape) {
  return shape.axes[0].stride * shape.axes[1].stride * shape.axes[2].stride;
}

}  // namespace

PoolFrame input_frame(const PoolShape& shape) {
  PoolFrame frame;
  for (int d = 0; d < 3; ++d) {
    const PoolAxis& axis = shape.axes[d];
    const int64_t end =
        (axis.out - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1 - axis.padding;
    frame.in[d] = axis.in;
    frame.before[d] = axis.padding;
    frame.pitch[d] = axis.padding + std::max(axis.in, end);
  }
  return frame;
}

PoolFrame result_frame(const PoolShape& shape) {
  PoolFrame frame;
  for (int d = 0; d < 3; ++d) {
    const PoolAxis& axis = shape.axes[d];
    const int64_t reach = (axis.kernel - 1) * axis.dilation - axis.padding;
    const int64_t end = (axis.in - 1 + axis.padding) / axis.stride + 1;
    frame.in[d] = axis.out;
    frame.before[d] = std::max<int64_t>(0, reach / axis.stride);
    frame.pitch[d] = frame.before[d] + std::max(axis.out, end);
  }
  return frame;
}

PoolRows window_rows(const PoolShape& shape, const PoolFrame& frame, int64_t planes) {
  const PoolAxis* axes = shape.axes;
  const int64_t row = frame.pitch[2], slice = frame.pitch[1] * row;
  return {{planes, axes[0].out, axes[1].out},
          {frame.plane(), axes[0].stride * slice, axes[1].stride * row},
          axes[2].out,
          axes[2].stride};
}

void tap_offsets(const PoolShape& shape, const PoolFrame& frame, int64_t* offsets) {
  const PoolAxis *z = &shape.axes[0], *y = &shape.axes[1], *x = &shape.axes[2];
  for (int64_t i = 0; i < z->kernel; ++i)
    for (int64_t j = 0; j < y->kernel; ++j)
      for (int64_t k = 0; k < x->kernel; ++k)
        *offsets++ =
            (i * z->dilation * frame.pitch[1] + j * y->dilation) * frame.pitch[2] + k * x->dilation;
}

PoolCoverage::PoolCoverage(const PoolShape& shape, const PoolFrame& frame)
    : shape_(shape), frame_(frame), covers_(remainders(shape)) {
  const PoolAxis *z = &shape.axes[0], *y = &shape.axes[1], *x = &shape.axes[2];
  int64_t count = 2 * shape.taps();
  for (const PoolAxis& axis : shape.axes) count += axis.stride + 2 * axis.kernel;
  int64_t* memory = numbers_.reserve(count);
  int64_t *tap = memory, *offset = tap + shape.taps();
  memory = offset + shape.taps();
  const AxisTaps of_z(*z, frame.before[0], memory), of_y(*y, frame.before[1], memory),
      of_x(*x, frame.before[2], memory);
  PoolCovers* covers = covers_.data();
  for (int64_t a = 0; a < z->stride; ++a)
    for (int64_t b = 0; b < y->stride; ++b)
      for (int64_t c = 0; c < x->stride; ++c, ++covers) {
        *covers = {0, tap, offset};
        of_z.each(a, [&](int64_t i, int64_t slice) {
          of_y.each(b, [&](int64_t j, int64_t row) {
            of_x.each(c, [&](int64_t k, int64_t column) {
              ++covers->count;
              *tap++ = (i * y->kernel + j) * x->kernel + k;
              *offset++ = (slice * frame.pitch[1] + row) * frame.pitch[2] + column;
            });
          });
        });
      }
}

PoolElements PoolCoverage::elements(int64_t planes) const {
  const PoolAxis* axes = shape_.axes;
  const int64_t row = frame_.pitch[2], slice = frame_.pitch[1] * row;
  return {planes,
          {axes[0].in, axes[1].in, axes[2].in},
          {axes[0].stride, axes[1].stride, axes[2].stride},
          {frame_.plane(), slice, row},
          covers_.data()};
}

}  // namespace lamina

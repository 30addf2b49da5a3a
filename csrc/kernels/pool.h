// The kernels of sliding windows, one pointer a line of pool.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

// Windows along one axis: window o consists of the elements o * stride - padding + k * dilation,
// k < kernel.
struct PoolAxis {
  int64_t in, out, kernel, stride, padding, dilation;
};

// Planes cut so that one tap of all windows is a plain, shifted piece of memory: element i of an
// axis goes to place (i + padding) / stride of phase (i + padding) % stride. In memory:
// [phase z, y, x][plane][place z, y, x].
struct PoolPhases {
  PoolAxis axes[3];
  int64_t pitch[3];  // places of a phase
  int64_t planes;    // that a buffer holds
  int64_t plane;     // elements of one plane in one phase
  int64_t phase;     // elements of a phase
};

// Windows whose taps are neighbours, by plane, z and y: counts[d] runs that lie steps[d] apart in a
// phase.
struct PoolRuns {
  int64_t counts[3];
  int64_t steps[3];
  int64_t length;
};

// Where tap k of the first window lies in the phases, in row-major order.
struct PoolTaps {
  int64_t count;
  const int64_t* offsets;
  bool disjoint;  // no two windows share an element: what would be added to zeros is stored
};

// Rows of results or elements, by plane, z and y: counts[d] of them lie steps[d] apart in memory.
// Along a row the windows of `length` results lie `stride` apart.
struct PoolRows {
  int64_t counts[3];
  int64_t steps[3];
  int64_t length, stride;
};

// The windows that cover an element: it is tap taps[c] of the one at offsets[c].
struct PoolCovers {
  int64_t count;
  const int64_t *taps, *offsets;
};

// All elements of planes. Those whose places have the same remainders by the strides are covered
// alike, by covers[remainder z, y, x], from the window of their quotients on; windows of successive
// planes, z and y lie `steps` apart.
struct PoolElements {
  int64_t planes, counts[3], strides[3];
  int64_t steps[3];
  const PoolCovers* covers;
};

// Windows of any size: window o of axis d covers first[d][o] up to last[d][o].
struct PoolWindows {
  int64_t in[3], out[3];
  const int64_t* first[3];
  const int64_t* last[3];
};

namespace detail {
template <class T>
struct Tap {
  using Type = int64_t;
};
template <>
struct Tap<float> {
  using Type = int32_t;
};
}  // namespace detail
// The number of a tap, as wide as T.
template <class T>
using TapOf = typename detail::Tap<T>::Type;

template <class T>
struct PoolKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/pool.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

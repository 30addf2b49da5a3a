// Where a coordinate of a grid falls among the elements of an axis, with which weights, and how
// these change with the coordinate.
#pragma once

#include "kernels/cubic.h"
#include "kernels/isa/vec.h"
#include "kernels/resample.h"

namespace lamina::LAMINA_ISA_NS {

// The elements that one coordinate touches; those beyond the image are left out.
template <class T>
struct AxisTaps {
  int64_t count = 0;
  int64_t index[4];
  T weight[4];
  T slope[4];  // of the weight, by the coordinate of the grid

  LAMINA_INLINE void add(int64_t at, int64_t size, T weighs, T slopes) {
    if (at < 0 || at >= size) return;
    index[count] = at;
    weight[count] = weighs;
    slope[count++] = slopes;
  }
};

template <class T>
struct Coordinate {
  T value, slope;

  // NaN becomes 0.
  LAMINA_INLINE void clip(T last) {
    const bool inside = value > T(0) && value < last;
    value = value > T(0) ? (value < last ? value : last) : T(0);
    if (!inside) slope = T(0);
  }
  // Off the mirrors at low / 2 and high / 2.
  LAMINA_INLINE void reflect(int64_t twice_low, int64_t twice_high) {
    if (twice_low == twice_high) {
      value = slope = T(0);
      return;
    }
    const T low = T(twice_low) / 2, span = T(twice_high - twice_low) / 2;
    const T from = value - low;
    if (from < T(0)) slope = -slope;
    const T distance = abs(from), turns = floor(distance / span);
    const T rest = distance - turns * span;
    const bool odd = turns - 2 * floor(turns / 2) != T(0);
    value = odd ? span - rest + low : rest + low;
    if (odd) slope = -slope;
  }
  LAMINA_INLINE void pad(const GridSample& sample, int64_t size) {
    if (sample.padding == GridPadding::kZeros) return;
    if (sample.padding == GridPadding::kReflection) {
      if (sample.align_corners)
        reflect(0, 2 * (size - 1));
      else
        reflect(-1, 2 * size - 1);
    }
    clip(T(size - 1));
  }
};

template <class T>
LAMINA_INLINE Coordinate<T> in_elements(const GridSample& sample, int64_t size, T given) {
  if (sample.align_corners) return {(given + 1) / 2 * T(size - 1), T(size - 1) / 2};
  return {((given + 1) * T(size) - 1) / 2, T(size) / 2};
}

// Each of the four elements is padded for itself.
template <class T>
LAMINA_INLINE void cubic_taps(const GridSample& sample, int64_t size, Coordinate<T> at,
                              AxisTaps<T>& taps) {
  const Cubic<T> cubic{T(kCubicInterpolation)};
  const T low = floor(at.value), t = at.value - low;
  const T weights[4] = {cubic.far(t + 1), cubic.near(t), cubic.near(1 - t), cubic.far(2 - t)};
  const T slopes[4] = {cubic.far_slope(t + 1), cubic.near_slope(t), -cubic.near_slope(1 - t),
                       -cubic.far_slope(2 - t)};
  for (int64_t k = 0; k < 4; ++k) {
    Coordinate<T> element{low + T(k - 1), T(1)};
    element.pad(sample, size);
    if (element.value >= T(0) && element.value < T(size))
      taps.add(static_cast<int64_t>(element.value), size, weights[k], slopes[k] * at.slope);
  }
}

template <class T>
LAMINA_INLINE AxisTaps<T> axis_taps(const GridSample& sample, int64_t size, T given) {
  AxisTaps<T> taps;
  Coordinate<T> at = in_elements(sample, size, given);
  if (sample.mode == GridMode::kBicubic) {
    cubic_taps(sample, size, at, taps);
    return taps;
  }
  at.pad(sample, size);
  // Also keeps NaN and what no integer holds from being converted.
  if (!(at.value > T(-2) && at.value < T(size) + 1)) return taps;
  if (sample.mode == GridMode::kNearest) {
    taps.add(static_cast<int64_t>(round(at.value)), size, T(1), T(0));
    return taps;
  }
  const T low = floor(at.value), t = at.value - low;
  const auto index = static_cast<int64_t>(low);
  taps.add(index, size, 1 - t, -at.slope);
  taps.add(index + 1, size, t, at.slope);
  return taps;
}

}  // namespace lamina::LAMINA_ISA_NS

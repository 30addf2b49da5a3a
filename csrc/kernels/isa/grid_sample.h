// Sampling images at the places of a grid, and its two gradients.
#pragma once

#include "kernels/isa/grid_taps.h"

namespace lamina::LAMINA_ISA_NS {

// The elements that one place touches, at most 4 x 4 or 2 x 2 x 2.
template <class T>
struct PlaceTaps {
  int64_t count;
  int64_t offset[16];
  T weight[16];
  T slope[3][16];  // z, y, x

  LAMINA_INLINE void find(const GridSample& sample, const T* grid) {
    AxisTaps<T> axes[3];
    axes[0].add(0, 1, T(1), T(0));
    for (int64_t d = 3 - sample.axes; d < 3; ++d)
      axes[d] = axis_taps(sample, sample.in[d], grid[2 - d]);
    count = 0;
    for (int64_t z = 0; z < axes[0].count; ++z)
      for (int64_t y = 0; y < axes[1].count; ++y)
        for (int64_t x = 0; x < axes[2].count; ++x) {
          const T w[3] = {axes[0].weight[z], axes[1].weight[y], axes[2].weight[x]};
          offset[count] = (axes[0].index[z] * sample.in[1] + axes[1].index[y]) * sample.in[2] +
                          axes[2].index[x];
          weight[count] = w[0] * w[1] * w[2];
          slope[0][count] = axes[0].slope[z] * w[1] * w[2];
          slope[1][count] = w[0] * axes[1].slope[y] * w[2];
          slope[2][count++] = w[0] * w[1] * axes[2].slope[x];
        }
  }
};

// Places that are found once and used for every channel.
constexpr int64_t kPlaces = 32;

// Calls f(channel, place, taps), channel by channel for a few places at a time.
template <class T, class F>
LAMINA_INLINE void each_sample(const GridSample& sample, const GridPart& part, const T* grid, F f) {
  PlaceTaps<T> taps[kPlaces];
  for (int64_t at = part.first; at < part.last; at += kPlaces) {
    const int64_t n = part.last - at < kPlaces ? part.last - at : kPlaces;
    for (int64_t i = 0; i < n; ++i) taps[i].find(sample, grid + (at + i) * sample.axes);
    for (int64_t c = 0; c < part.channels; ++c)
      for (int64_t i = 0; i < n; ++i) f(c, at + i, taps[i]);
  }
}

template <class T>
void grid_fwd(const GridSample& sample, const GridPart& part, const T* x, const T* grid, T* y) {
  each_sample(sample, part, grid, [&](int64_t channel, int64_t place, const PlaceTaps<T>& taps) {
    const T* plane = x + channel * sample.plane();
    T sum = T(0);
    for (int64_t k = 0; k < taps.count; ++k) sum += taps.weight[k] * plane[taps.offset[k]];
    y[channel * sample.places + place] = sum;
  });
}

template <class T>
void grid_bwd_x(const GridSample& sample, const GridPart& part, const T* grad, const T* grid,
                T* grad_x) {
  each_sample(sample, part, grid, [&](int64_t channel, int64_t place, const PlaceTaps<T>& taps) {
    T* plane = grad_x + channel * sample.plane();
    const T g = grad[channel * sample.places + place];
    for (int64_t k = 0; k < taps.count; ++k) plane[taps.offset[k]] += taps.weight[k] * g;
  });
}

template <class T>
void grid_bwd_grid(const GridSample& sample, const GridPart& part, const T* grad, const T* x,
                   const T* grid, T* grad_grid) {
  for (int64_t i = part.first * sample.axes; i < part.last * sample.axes; ++i) grad_grid[i] = T(0);
  each_sample(sample, part, grid, [&](int64_t channel, int64_t place, const PlaceTaps<T>& taps) {
    const T* plane = x + channel * sample.plane();
    const T g = grad[channel * sample.places + place];
    T* to = grad_grid + place * sample.axes;
    for (int64_t k = 0; k < taps.count; ++k)
      for (int64_t d = 3 - sample.axes; d < 3; ++d)
        to[2 - d] += g * plane[taps.offset[k]] * taps.slope[d][k];
  });
}

}  // namespace lamina::LAMINA_ISA_NS

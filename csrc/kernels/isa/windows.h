// Walks sliding windows where they lie, a vector of neighbours at a time. What lanes beyond the end
// of a row read and write belongs to the next row, which writes its own after them.
#pragma once

#include "kernels/isa/phases.h"

namespace lamina::LAMINA_ISA_NS {

template <class T>
LAMINA_INLINE void store_within(T* to, int64_t room, Vec<T> value) {
  if (room >= Vec<T>::width)
    value.store(to);
  else
    value.store(to, room);
}

// The elements of `n` windows that are `stride` apart; kStride is the stride, or 0 for those that
// have no loop of their own. Other lanes hold what is near.
template <int kStride, class T, int... kLane>
LAMINA_INLINE Vec<T> load_strided(const T* from, int64_t stride, int64_t n, Lanes<kLane...> lanes) {
  if constexpr (kStride == 1) {
    return Vec<T>::load(from);
  } else if constexpr (kStride == 2) {
    Vec<T> even, odd;
    unzip<T>(Vec<T>::load(from), Vec<T>::load(from + Vec<T>::width), even, odd, lanes);
    return even;
  } else {
    return Vec<T>(typename Vec<T>::Raw{from[kLane < n ? kLane * stride : 0]...});
  }
}

// Sizes are passed by value from here on: stores cannot change copies of our own.

// For each vector of windows: fold.begin(), fold.add(k, its tap k), fold.end(place among the
// results, room there).
template <int kStride, class T, class Fold>
LAMINA_INLINE void fold_windows(PoolRows rows, PoolTaps taps, const T* x, Fold fold) {
  using Every = typename CountLanes<Vec<T>::width>::Result;
  int64_t result = 0;
  const int64_t end = rows.counts[0] * rows.counts[1] * rows.counts[2] * rows.length;
  for (int64_t plane = 0; plane < rows.counts[0]; ++plane)
    for (int64_t z = 0; z < rows.counts[1]; ++z)
      for (int64_t y = 0; y < rows.counts[2]; ++y, result += rows.length) {
        const T* row = x + plane * rows.steps[0] + z * rows.steps[1] + y * rows.steps[2];
        for (int64_t i = 0; i < rows.length; i += Vec<T>::width) {
          const T* windows = row + i * rows.stride;
          fold.begin();
          for (int64_t k = 0; k < taps.count; ++k) {
            const T* from = windows + taps.offsets[k];
            fold.add(k, load_strided<kStride>(from, rows.stride, rows.length - i, Every{}));
          }
          fold.end(result + i, end - result - i);
        }
      }
}

// Calls f(m, a) for m * stride + a = 0, 1, ..., n - 1.
template <class F>
LAMINA_INLINE void each_residue(int64_t n, int64_t stride, F f) {
  for (int64_t i = 0, m = 0; i < n; ++m)
    for (int64_t a = 0; a < stride && i < n; ++a, ++i) f(m, a);
}

// x = for each element the sum of share(k, where the window lies that has it as its tap k).
template <int kStride, class T, class F>
LAMINA_INLINE void sum_shares(PoolElements of, T* x, F share) {
  constexpr int64_t kWidth = Vec<T>::width;
  const int64_t length = of.counts[2], stride = kStride == 0 ? of.strides[2] : kStride;
  T* const end = x + of.planes * of.counts[0] * of.counts[1] * length;
  const auto sum = [&](const PoolCovers& covers, int64_t at) {
    Vec<T> total(T(0));
    for (int64_t c = 0; c < covers.count; ++c)
      total += share(covers.taps[c], at + covers.offsets[c]);
    return total;
  };
  const auto row = [&](const PoolCovers* covers, int64_t at) {
    for (int64_t i = 0; i < length; i += stride * kWidth, at += kWidth) {
      if constexpr (kStride == 1) {
        store_within(x + i, end - x - i, sum(covers[0], at));
      } else if constexpr (kStride == 2) {
        Vec<T> low, high;
        zip<T>(sum(covers[0], at), sum(covers[1], at), low, high,
               typename CountLanes<kWidth>::Result{});
        store_within(x + i, end - x - i, low);
        if (i + kWidth < length) store_within(x + i + kWidth, end - x - i - kWidth, high);
      } else {
        for (int64_t a = 0; a < stride; ++a) {
          T lanes[kWidth];
          sum(covers[a], at).store(lanes);
          for (int64_t lane = 0, j = i + a; lane < kWidth && j < length; ++lane, j += stride)
            x[j] = lanes[lane];
        }
      }
    }
  };
  for (int64_t plane = 0; plane < of.planes; ++plane)
    each_residue(of.counts[0], of.strides[0], [&](int64_t z, int64_t a) {
      each_residue(of.counts[1], of.strides[1], [&](int64_t y, int64_t b) {
        row(of.covers + (a * of.strides[1] + b) * stride,
            plane * of.steps[0] + z * of.steps[1] + y * of.steps[2]);
        x += length;
      });
    });
}

template <int kStride>
struct RowStride {};

// Calls f(the stride along rows as a type).
template <class F>
LAMINA_INLINE void with_stride(int64_t stride, F f) {
  if (stride == 1)
    f(RowStride<1>{});
  else if (stride == 2)
    f(RowStride<2>{});
  else
    f(RowStride<0>{});
}

}  // namespace lamina::LAMINA_ISA_NS

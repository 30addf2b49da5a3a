// The copy of a part of an image into a patch: zeros around it, pixels left out, columns sorted.
#pragma once

#include "kernels/conv.h"
#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/transpose.h"

namespace lamina::LAMINA_ISA_NS {

// Mostly a few: a partial store may cost more than they do one by one.
template <class T>
LAMINA_INLINE void fill_zero(T* to, int64_t n) {
  constexpr int64_t kWidth = Vec<T>::width;
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) Vec<T>(T(0)).store(to + i);
  for (; i < n; ++i) to[i] = T(0);
}

template <class T, int... kLane>
LAMINA_INLINE Vec<T> even_lanes(Vec<T> a, Vec<T> b, Lanes<kLane...>) {
  return Vec<T>(__builtin_shufflevector(a.raw, b.raw, (2 * kLane)...));
}

// to[i] = from[i * step] for i < n.
template <class T>
LAMINA_INLINE void copy_line(T* to, const T* from, int64_t step, int64_t n) {
  constexpr int64_t kWidth = Vec<T>::width;
  if (step == 1) {
    int64_t i = 0;
    for (; i + kWidth <= n; i += kWidth) Vec<T>::load(from + i).store(to + i);
    if (i == n) return;
    if (kMasksAreFree || n < kWidth) return Vec<T>::load(from + i, n - i).store(to + i, n - i);
    Vec<T>::load(from + n - kWidth).store(to + n - kWidth);
  } else if (step == 2) {
    for (int64_t i = 0; i < n; i += kWidth) {
      const int64_t count = least(kWidth, n - i), last = 2 * count - 1;
      const Vec<T> low = Vec<T>::load(from + 2 * i, least(kWidth, last));
      const Vec<T> high = last > kWidth ? Vec<T>::load(from + 2 * i + kWidth, last - kWidth) : low;
      even_lanes(low, high, typename CountLanes<kWidth>::Result{}).store(to + i, count);
    }
  } else {
    for (int64_t i = 0; i < n; ++i) to[i] = from[i * step];
  }
}

// Where the sequence first, first + step, ... reaches `bound`.
LAMINA_INLINE int64_t index_from(int64_t first, int64_t step, int64_t bound) {
  return first >= bound ? 0 : (bound - first + step - 1) / step;
}

// The pixels of one phase of a line: those in [left, right) are in the image, `apart` from the
// `first` on.
struct PhaseLine {
  int64_t left, right, count, first, apart;
};

template <class T>
LAMINA_INLINE PhaseLine phase_line(const PatchCopy<T>& copy, int64_t phase) {
  const int64_t phases = copy.layout.phases, start = copy.first[2] + phase * copy.step[2];
  PhaseLine line{};
  line.apart = phases * copy.step[2];
  line.count = (copy.size[2] - phase + phases - 1) / phases;
  line.left = least(line.count, index_from(start, line.apart, 0));
  line.right = least(line.count, index_from(start, line.apart, copy.from_size[2]));
  if (line.right < line.left) line.right = line.left;
  line.first = start + line.left * line.apart;
  return line;
}

template <class T>
LAMINA_INLINE void copy_channel(const PatchCopy<T>& copy, const T* from, T* to,
                                const PhaseLine& line) {
  const int64_t *first = copy.first, *step = copy.step, *whole = copy.from_size;
  for (int64_t z = 0; z < copy.size[0]; ++z) {
    const int64_t from_z = first[0] + z * step[0];
    const bool inside_z = from_z >= 0 && from_z < whole[0];
    for (int64_t y = 0; y < copy.size[1]; ++y) {
      const int64_t from_y = first[1] + y * step[1];
      T* row = to + z * copy.layout.plane + y * copy.layout.row;
      if (inside_z && from_y >= 0 && from_y < whole[1]) {
        const T* source = from + (from_z * whole[1] + from_y) * whole[2] + line.first;
        copy_line(row + line.left, source, line.apart, line.right - line.left);
        if (!copy.zeros) continue;
        fill_zero(row, line.left);
        fill_zero(row + line.right, line.count - line.right);
      } else if (copy.zeros) {
        fill_zero(row, line.count);
      }
    }
  }
}

template <class T>
void conv_patch(const PatchCopy<T>& copy) {
  const int64_t count = copy.from_size[0] * copy.from_size[1] * copy.from_size[2];
  for (int64_t phase = 0; phase < copy.layout.phases; ++phase) {
    const PhaseLine line = phase_line(copy, phase);
    for (int64_t c = 0; c < copy.channels; ++c) {
      copy_channel(copy, copy.from + c * count,
                   copy.to + c * copy.layout.channel + phase * copy.layout.phase, line);
    }
  }
}

}  // namespace lamina::LAMINA_ISA_NS

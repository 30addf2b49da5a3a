// Cuts planes into phases and puts them together again: kernels/pool.h says what phases are.
#pragma once

#include "kernels/isa/transpose.h"
#include "kernels/isa/vec_walk.h"
#include "kernels/pool.h"

namespace lamina::LAMINA_ISA_NS {

// Where an element stands: walks along an axis without dividing.
struct PhaseCursor {
  int64_t stride, phase, place;

  LAMINA_INLINE explicit PhaseCursor(const PoolAxis& axis)
      : stride(axis.stride), phase(axis.padding % stride), place(axis.padding / stride) {}
  LAMINA_INLINE void advance() {
    if (++phase == stride) {
      phase = 0;
      ++place;
    }
  }
};

template <class T, int... kLane>
LAMINA_INLINE void unzip(Vec<T> a, Vec<T> b, Vec<T>& even, Vec<T>& odd, Lanes<kLane...>) {
  even = Vec<T>(__builtin_shufflevector(a.raw, b.raw, (2 * kLane)...));
  odd = Vec<T>(__builtin_shufflevector(a.raw, b.raw, (2 * kLane + 1)...));
}
template <class T, int... kLane>
LAMINA_INLINE void zip(Vec<T> even, Vec<T> odd, Vec<T>& a, Vec<T>& b, Lanes<kLane...>) {
  constexpr int kWidth = Vec<T>::width;
  a = Vec<T>(__builtin_shufflevector(even.raw, odd.raw, (kLane % 2 * kWidth + kLane / 2)...));
  b = Vec<T>(
      __builtin_shufflevector(even.raw, odd.raw, (kLane % 2 * kWidth + kWidth / 2 + kLane / 2)...));
}

LAMINA_INLINE int64_t lanes_left(int64_t n, int64_t width) {
  return n < 0 ? 0 : n < width ? n : width;
}

// Calls f(j, part) for pairs of vectors of lines of `evens` >= `odds`: whole ones as long as they
// last.
template <class T, class F>
LAMINA_INLINE void each_pair(int64_t evens, int64_t odds, F f) {
  constexpr int64_t kWidth = Vec<T>::width;
  int64_t j = 0;
  for (; j + kWidth <= odds; j += kWidth) f(j, WholeVec<T>{}, WholeVec<T>{});
  for (; j < evens; j += kWidth)
    f(j, PartVec<T>{lanes_left(evens - j, kWidth)}, PartVec<T>{lanes_left(odds - j, kWidth)});
}
// The same for the row of n that they become or come from.
template <class T, class Part>
LAMINA_INLINE auto row_part(int64_t left) {
  if constexpr (__is_same(Part, WholeVec<T>))
    return WholeVec<T>{};
  else
    return PartVec<T>{lanes_left(left, Vec<T>::width)};
}

// The elements 0, 2, 4, ... and 1, 3, 5, ... of a row of n to lines of their own.
template <class T>
LAMINA_INLINE void unzip_row(int64_t n, const T* x, int64_t evens, T* even, int64_t odds, T* odd) {
  constexpr int64_t kWidth = Vec<T>::width;
  each_pair<T>(evens, odds, [&](int64_t j, auto even_part, auto odd_part) {
    using Part = decltype(odd_part);
    const Vec<T> a = row_part<T, Part>(n - 2 * j).load(x + 2 * j);
    const Vec<T> b = row_part<T, Part>(n - 2 * j - kWidth).load(x + 2 * j + kWidth);
    Vec<T> first, second;
    unzip<T>(a, b, first, second, typename CountLanes<kWidth>::Result{});
    even_part.store(even + j, first);
    odd_part.store(odd + j, second);
  });
}
// And back; elements beyond both lines become 0.
template <class T>
LAMINA_INLINE void zip_row(int64_t n, T* x, int64_t evens, const T* even, int64_t odds,
                           const T* odd) {
  constexpr int64_t kWidth = Vec<T>::width;
  each_pair<T>(evens, odds, [&](int64_t j, auto even_part, auto odd_part) {
    using Part = decltype(odd_part);
    Vec<T> a, b;
    zip<T>(even_part.load(even + j), odd_part.load(odd + j), a, b,
           typename CountLanes<kWidth>::Result{});
    row_part<T, Part>(n - 2 * j).store(x + 2 * j, a);
    row_part<T, Part>(n - 2 * j - kWidth).store(x + 2 * j + kWidth, b);
  });
  for (int64_t i = 2 * evens; i < n; ++i) x[i] = T(0);
}

// A line is what the elements r, r + stride, ... of a row become; `count` of them are in a phase.
struct PhaseLine {
  int64_t offset, count;

  LAMINA_INLINE PhaseLine(const PoolPhases& phases, const PhaseCursor& at, int64_t r)
      : offset(at.phase * phases.phase + at.place) {
    const PoolAxis& axis = phases.axes[2];
    const int64_t have = (axis.in - r + axis.stride - 1) / axis.stride;
    const int64_t room = phases.pitch[2] - at.place;
    count = have < room ? have : room < 0 ? 0 : room;
  }
};

// How the rows of a plane are cut: the same for each of them.
template <class T>
struct RowCut {
  const PoolPhases& phases;
  const PoolAxis& axis;
  PhaseCursor start, second;
  PhaseLine evens, odds;

  LAMINA_INLINE explicit RowCut(const PoolPhases& given)
      : phases(given),
        axis(given.axes[2]),
        start(axis),
        second(next(start)),
        evens(given, start, 0),
        odds(given, second, 1) {}
  static LAMINA_INLINE PhaseCursor next(PhaseCursor at) {
    at.advance();
    return at;
  }

  LAMINA_INLINE void split(const T* x, T* to) const {
    if (axis.stride == 1) {
      walk<T>(evens.count,
              [&](int64_t i, auto part) { part.store(to + evens.offset + i, part.load(x + i)); });
    } else if (axis.stride == 2) {
      unzip_row(axis.in, x, evens.count, to + evens.offset, odds.count, to + odds.offset);
    } else {
      each_line([&](int64_t r, const PhaseLine& line) {
        T* cells = to + line.offset;
        for (int64_t j = 0; j < line.count; ++j) cells[j] = x[r + j * axis.stride];
      });
    }
  }
  // What no window covers becomes 0.
  LAMINA_INLINE void join(const T* from, T* x) const {
    if (axis.stride == 2) {
      zip_row(axis.in, x, evens.count, from + evens.offset, odds.count, from + odds.offset);
      return;
    }
    if (axis.stride == 1) {
      walk<T>(evens.count,
              [&](int64_t i, auto part) { part.store(x + i, part.load(from + evens.offset + i)); });
      for (int64_t i = evens.count; i < axis.in; ++i) x[i] = T(0);
      return;
    }
    each_line([&](int64_t r, const PhaseLine& line) {
      const T* cells = from + line.offset;
      for (int64_t j = 0, i = r; i < axis.in; ++j, i += axis.stride)
        x[i] = j < line.count ? cells[j] : T(0);
    });
  }

 private:
  template <class F>
  LAMINA_INLINE void each_line(F f) const {
    PhaseCursor at = start;
    for (int64_t r = 0; r < axis.stride && r < axis.in; ++r, at.advance())
      f(r, PhaseLine(phases, at, r));
  }
};

// Calls f(row of the planes, where it goes in the phases, -1 if nowhere).
template <class F>
LAMINA_INLINE void each_row(const PoolPhases& phases, int64_t planes, F f) {
  const PoolAxis* axes = phases.axes;
  int64_t row = 0;
  for (int64_t plane = 0; plane < planes; ++plane) {
    PhaseCursor z(axes[0]);
    for (int64_t i = 0; i < axes[0].in; ++i, z.advance()) {
      PhaseCursor y(axes[1]);
      for (int64_t j = 0; j < axes[1].in; ++j, y.advance(), ++row) {
        const bool inside = z.place < phases.pitch[0] && y.place < phases.pitch[1];
        const int64_t phase = (z.phase * axes[1].stride + y.phase) * axes[2].stride;
        const int64_t place = (z.place * phases.pitch[1] + y.place) * phases.pitch[2];
        f(row, inside ? phase * phases.phase + plane * phases.plane + place : -1);
      }
    }
  }
}

}  // namespace lamina::LAMINA_ISA_NS

// Walks contiguous elements a vector at a time: whole vectors, then one that is filled in part.
#pragma once

#include "kernels/isa/vec.h"

namespace lamina::LAMINA_ISA_NS {

template <class T>
LAMINA_INLINE IntVec<T> lane_numbers() {
  typename IntVec<T>::Raw raw{};
  for (int i = 0; i < Vec<T>::width; ++i) raw[i] = i;
  return IntVec<T>(raw);
}

template <class T>
struct WholeVec {
  static LAMINA_INLINE Vec<T> load(const T* from) { return Vec<T>::load(from); }
  static LAMINA_INLINE void store(T* to, Vec<T> value) { value.store(to); }
  static LAMINA_INLINE Vec<T> fill(Vec<T> value, Vec<T>) { return value; }
};

template <class T>
struct PartVec {
  int64_t n;

  LAMINA_INLINE Vec<T> load(const T* from) const { return Vec<T>::load(from, n); }
  LAMINA_INLINE void store(T* to, Vec<T> value) const { value.store(to, n); }
  // `value`, with `other` in the lanes that are not walked.
  LAMINA_INLINE Vec<T> fill(Vec<T> value, Vec<T> other) const {
    return select(lane_numbers<T>() < IntVec<T>(static_cast<typename IntVec<T>::Lane>(n)), value,
                  other);
  }
};

// Calls f(i, part) for the elements i, i + 1, ... that `part` loads and stores.
template <class T, class F>
LAMINA_INLINE void walk(int64_t n, F f) {
  constexpr int64_t kWidth = Vec<T>::width;
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) f(i, WholeVec<T>{});
  if (i < n) f(i, PartVec<T>{n - i});
}

}  // namespace lamina::LAMINA_ISA_NS

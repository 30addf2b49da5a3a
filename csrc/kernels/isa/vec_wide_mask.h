// Masks as vectors, for targets before AVX-512: each lane is all ones or all zeros.
#pragma once

#include "kernels/isa/vec_native.h"

namespace lamina::LAMINA_ISA_NS::native {

template <class T>
using Bits = Ints<T>;

template <class T, int kOp, class Lanes>
LAMINA_INLINE Bits<T> compare(Lanes a, Lanes b) {
  if constexpr (kOp == kEqual) return reinterpret_cast<Bits<T>>(a == b);
  if constexpr (kOp == kNotEqual) return reinterpret_cast<Bits<T>>(a != b);
  if constexpr (kOp == kLess) return reinterpret_cast<Bits<T>>(a < b);
  if constexpr (kOp == kLessEqual) return reinterpret_cast<Bits<T>>(a <= b);
}

template <class T, class Lanes>
LAMINA_INLINE Lanes blend(Bits<T> mask, Lanes a, Lanes b) {
  return mask ? a : b;
}

template <class T>
LAMINA_INLINE bool any(Bits<T> mask) {
  typename Layout<T>::Int folded = 0;
  for (int i = 0; i < Raw<T>::kLanes; ++i) folded |= mask[i];
  return folded != 0;
}

template <class T>
LAMINA_INLINE bool lane(Bits<T> mask, int64_t i) {
  return mask[i] != 0;
}

}  // namespace lamina::LAMINA_ISA_NS::native

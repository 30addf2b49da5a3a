// Joins the lanes of one raw vector, always in the same tree: lane i with lane i + half, until one
// is left.
#pragma once

#include "kernels/isa/vec_native.h"

namespace lamina::LAMINA_ISA_NS::native {

// Also the rule of Vec's minimum and maximum: a NaN on either side comes through.
struct Sum {
  template <class Lanes>
  static LAMINA_INLINE Lanes join(Lanes a, Lanes b) {
    return a + b;
  }
};

struct Maximum {
  template <class Lanes>
  static LAMINA_INLINE Lanes join(Lanes a, Lanes b) {
    return ((a > b) | (a != a)) ? a : b;
  }
};

struct Minimum {
  template <class Lanes>
  static LAMINA_INLINE Lanes join(Lanes a, Lanes b) {
    return ((a < b) | (a != a)) ? a : b;
  }
};

template <class Operation, class Lanes>
LAMINA_INLINE auto fold(Lanes v) {
  constexpr int kLanes = sizeof(Lanes) / sizeof(v[0]);
  if constexpr (kLanes == 2) {
    return Operation::join(+v[0], +v[1]);
  } else if constexpr (kLanes == 4) {
    return fold<Operation>(
        Operation::join(__builtin_shufflevector(v, v, 0, 1), __builtin_shufflevector(v, v, 2, 3)));
  } else if constexpr (kLanes == 8) {
    return fold<Operation>(Operation::join(__builtin_shufflevector(v, v, 0, 1, 2, 3),
                                           __builtin_shufflevector(v, v, 4, 5, 6, 7)));
  } else {
    static_assert(kLanes == 16);
    return fold<Operation>(
        Operation::join(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7),
                        __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)));
  }
}

}  // namespace lamina::LAMINA_ISA_NS::native

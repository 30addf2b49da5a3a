// Functions left to the C library, lane by lane: seldom used, or beyond a few lines to get right.
#pragma once

#include "kernels/isa/vec.h"

namespace lamina::LAMINA_ISA_NS::libm {

template <Real V, class Function, class... Vs>
LAMINA_INLINE V each_lane(Function function, V x, Vs... more) {
  if constexpr (Scalar<V>) {
    return function(x, more...);
  } else {
    LaneOf<V> lanes[V::width];
    for (int64_t i = 0; i < V::width; ++i) lanes[i] = function(x[i], more[i]...);
    return V::load(lanes);
  }
}

#define LAMINA_LIBM(name)                                 \
  template <Real V, class... Vs>                          \
  LAMINA_INLINE V name(V x, Vs... more) {                 \
    const auto one = [](auto... lane) {                   \
      if constexpr (sizeof(LaneOf<V>) == sizeof(float)) { \
        return __builtin_##name##f(lane...);              \
      } else {                                            \
        return __builtin_##name(lane...);                 \
      }                                                   \
    };                                                    \
    return each_lane(one, x, more...);                    \
  }

LAMINA_LIBM(sin)
LAMINA_LIBM(cos)
LAMINA_LIBM(tan)
LAMINA_LIBM(asin)
LAMINA_LIBM(acos)
LAMINA_LIBM(atan)
LAMINA_LIBM(atan2)
LAMINA_LIBM(sinh)
LAMINA_LIBM(cosh)
LAMINA_LIBM(asinh)
LAMINA_LIBM(acosh)
LAMINA_LIBM(atanh)
LAMINA_LIBM(erfc)
LAMINA_LIBM(pow)

#undef LAMINA_LIBM

}  // namespace lamina::LAMINA_ISA_NS::libm

// The operations of formulas.h on single integers, and those on single floats that have no vector
// form.
#pragma once

#include <cstdint>

#include "kernels/isa/vec.h"

namespace lamina::LAMINA_ISA_NS {

template <class T>
concept Integer =
    __is_same(T, int64_t) || __is_same(T, int32_t) || __is_same(T, uint8_t) || __is_same(T, bool);

template <Integer T>
LAMINA_INLINE T abs(T a) {
  return a < T(0) ? static_cast<T>(-a) : a;
}

template <Integer T>
LAMINA_INLINE T maximum(T a, T b) {
  return a > b ? a : b;
}
template <Integer T>
LAMINA_INLINE T minimum(T a, T b) {
  return a < b ? a : b;
}

// Division by zero is refused before a kernel runs; the guards keep the processor from trapping.
template <Integer T>
LAMINA_INLINE T fmod(T a, T b) {
  return b == T(0) || b == static_cast<T>(-1) ? T(0) : static_cast<T>(a % b);
}
template <Integer T>
LAMINA_INLINE T floor_divide(T a, T b) {
  if (b == T(0)) return T(0);
  if constexpr (T(-1) < T(0)) {
    if (b == T(-1)) return static_cast<T>(-a);
    return static_cast<T>(a / b - (a % b != 0 && (a < 0) != (b < 0)));
  }
  return static_cast<T>(a / b);
}
template <Integer T>
LAMINA_INLINE T pow(T base, T exponent) {
  if constexpr (T(-1) < T(0)) {
    if (exponent < 0) {
      if (base == T(-1)) return exponent % 2 ? T(-1) : T(1);
      return base == T(1) ? T(1) : T(0);
    }
  }
  T result = T(1);
  for (; exponent > T(0); exponent = static_cast<T>(exponent / 2)) {
    if (exponent % 2) result = static_cast<T>(result * base);
    base = static_cast<T>(base * base);
  }
  return result;
}

LAMINA_INLINE float fmod(float a, float b) { return __builtin_fmodf(a, b); }
LAMINA_INLINE double fmod(double a, double b) { return __builtin_fmod(a, b); }

// As Python divides: the quotient is exact where the remainder is.
template <Scalar T>
LAMINA_INLINE T floor_divide(T a, T b) {
  if (b == T(0)) return a / b;
  T rest = fmod(a, b);
  T quotient = (a - rest) / b;
  if (rest != T(0) && (b < T(0)) != (rest < T(0))) quotient -= T(1);
  if (quotient == T(0)) return copysign(T(0), a / b);
  const T whole = floor(quotient);
  return quotient - whole > T(0.5) ? whole + T(1) : whole;
}

}  // namespace lamina::LAMINA_ISA_NS

// The operations of vec.h on plain float and double, so that a formula written for Vec compiles for
// one value too.
#pragma once

#include <cstdint>

#include "kernels/isa/vec_native.h"

namespace lamina::LAMINA_ISA_NS {

// Builtins rather than <cmath>: its inline overloads could be merged by the linker across ISAs.
template <class T>
concept Scalar = __is_same(T, float) || __is_same(T, double);

LAMINA_INLINE bool any(bool a) { return a; }
LAMINA_INLINE bool all(bool a) { return a; }

template <class T>
LAMINA_INLINE T select(bool condition, T a, T b) {
  return condition ? a : b;
}

template <Scalar T>
LAMINA_INLINE T min(T a, T b) {
  return a < b ? a : b;
}
template <Scalar T>
LAMINA_INLINE T max(T a, T b) {
  return a > b ? a : b;
}

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
LAMINA_INLINE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
LAMINA_INLINE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
LAMINA_INLINE float fma(float a, float b, float c) { return a * b + c; }
LAMINA_INLINE double fma(double a, double b, double c) { return a * b + c; }
#endif

LAMINA_INLINE float sqrt(float a) { return __builtin_sqrtf(a); }
LAMINA_INLINE double sqrt(double a) { return __builtin_sqrt(a); }
LAMINA_INLINE float floor(float a) { return __builtin_floorf(a); }
LAMINA_INLINE double floor(double a) { return __builtin_floor(a); }
LAMINA_INLINE float ceil(float a) { return __builtin_ceilf(a); }
LAMINA_INLINE double ceil(double a) { return __builtin_ceil(a); }
LAMINA_INLINE float trunc(float a) { return __builtin_truncf(a); }
LAMINA_INLINE double trunc(double a) { return __builtin_trunc(a); }
LAMINA_INLINE float round(float a) { return __builtin_rintf(a); }
LAMINA_INLINE double round(double a) { return __builtin_rint(a); }
LAMINA_INLINE float abs(float a) { return __builtin_fabsf(a); }
LAMINA_INLINE double abs(double a) { return __builtin_fabs(a); }
LAMINA_INLINE float copysign(float a, float sign) { return __builtin_copysignf(a, sign); }
LAMINA_INLINE double copysign(double a, double sign) { return __builtin_copysign(a, sign); }

LAMINA_INLINE int32_t to_bits(float a) { return __builtin_bit_cast(int32_t, a); }
LAMINA_INLINE int64_t to_bits(double a) { return __builtin_bit_cast(int64_t, a); }
LAMINA_INLINE float from_bits(int32_t a) { return __builtin_bit_cast(float, a); }
LAMINA_INLINE double from_bits(int64_t a) { return __builtin_bit_cast(double, a); }
LAMINA_INLINE int32_t to_int(float a) { return static_cast<int32_t>(a); }
LAMINA_INLINE int64_t to_int(double a) { return static_cast<int64_t>(a); }
LAMINA_INLINE float to_float(int32_t a) { return static_cast<float>(a); }
LAMINA_INLINE double to_float(int64_t a) { return static_cast<double>(a); }

template <Scalar T>
LAMINA_INLINE T hsum(T a) {
  return a;
}
template <Scalar T>
LAMINA_INLINE T hmax(T a) {
  return a;
}
template <Scalar T>
LAMINA_INLINE T hmin(T a) {
  return a;
}

}  // namespace lamina::LAMINA_ISA_NS

// Lane operations for targets without a file of their own: GCC/Clang vector extensions, no
// intrinsics.
#pragma once

#include "kernels/isa/vec_native.h"
#include "kernels/isa/vec_wide_mask.h"

namespace lamina::LAMINA_ISA_NS::native {

template <class T>
LAMINA_INLINE Floats<T> load_partial(const T* from, int64_t n) {
  Floats<T> result{};
  for (int i = 0; i < Raw<T>::kLanes; ++i) {
    if (i < n) result[i] = from[i];
  }
  return result;
}

template <class T, class Lanes>
LAMINA_INLINE void store_partial(T* to, int64_t n, Lanes value) {
  for (int i = 0; i < Raw<T>::kLanes; ++i) {
    if (i < n) to[i] = value[i];
  }
}

template <class Lanes>
LAMINA_INLINE Lanes min(Lanes a, Lanes b) {
  return a < b ? a : b;
}

template <class Lanes>
LAMINA_INLINE Lanes max(Lanes a, Lanes b) {
  return a > b ? a : b;
}

// Left to -ffp-contract: one rounding where the target has the instruction, two elsewhere.
template <class Lanes>
LAMINA_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) {
  return a * b + c;
}

LAMINA_INLINE Floats<float> sqrt(Floats<float> a) {
  for (int i = 0; i < Raw<float>::kLanes; ++i) a[i] = __builtin_sqrtf(a[i]);
  return a;
}

LAMINA_INLINE Floats<double> sqrt(Floats<double> a) {
  for (int i = 0; i < Raw<double>::kLanes; ++i) a[i] = __builtin_sqrt(a[i]);
  return a;
}

template <class Lanes>
LAMINA_INLINE Lanes with_sign_of(Lanes magnitude, Lanes sign) {
  using Pattern = decltype(sign < sign);
  const Pattern bit = reinterpret_cast<Pattern>(-Lanes{});
  return reinterpret_cast<Lanes>((reinterpret_cast<Pattern>(magnitude) & ~bit) |
                                 (reinterpret_cast<Pattern>(sign) & bit));
}

// Adding 2^mantissa leaves no room for a fraction, so the addition itself rounds half to even;
// from that magnitude on (and for NaN) the value is its own result.
template <class Lanes>
LAMINA_INLINE Lanes round(Lanes a) {
  using T = decltype(+a[0]);
  constexpr T kNoFraction = static_cast<T>(int64_t{1} << Layout<T>::kMantissaBits);
  const Lanes magnitude = with_sign_of(a, Lanes{});
  const Lanes rounded = with_sign_of((magnitude + kNoFraction) - kNoFraction, a);
  return magnitude < kNoFraction ? rounded : a;
}

template <class Lanes>
LAMINA_INLINE Lanes floor(Lanes a) {
  const Lanes near = round(a);
  return with_sign_of(near > a ? near - decltype(+a[0])(1) : near, a);
}

template <class Lanes>
LAMINA_INLINE Lanes ceil(Lanes a) {
  const Lanes near = round(a);
  return with_sign_of(near < a ? near + decltype(+a[0])(1) : near, a);
}

template <class Lanes>
LAMINA_INLINE Lanes trunc(Lanes a) {
  return with_sign_of(floor(with_sign_of(a, Lanes{})), a);
}

}  // namespace lamina::LAMINA_ISA_NS::native

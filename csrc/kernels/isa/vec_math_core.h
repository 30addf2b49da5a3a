// What the functions of vec_math.h share: polynomials and powers of two; none of those functions.
#pragma once

#include "kernels/isa/vec.h"
#include "kernels/isa/vec_math_constants.h"

namespace lamina::LAMINA_ISA_NS {

// c[0] + c[1] x + c[2] x^2 + ...
template <Real V, class T, int kTerms, int kFirst = 0>
LAMINA_INLINE V polynomial(V x, const T (&c)[kTerms]) {
  if constexpr (kFirst + 1 == kTerms) {
    return V(c[kFirst]);
  } else {
    return fma(x, polynomial<V, T, kTerms, kFirst + 1>(x, c), V(c[kFirst]));
  }
}

// Added to a whole number below 2^(mantissa bits - 2), it leaves the number in the low bits: a
// conversion to and from integers without the instruction, which AVX2 lacks for int64.
template <class T>
inline constexpr T kWhole = static_cast<T>(int64_t{3} << (Layout<T>::kMantissaBits - 1));

template <Real V>
LAMINA_INLINE V whole_of(IntOf<V> n) {
  const V whole(kWhole<LaneOf<V>>);
  return from_bits(n + to_bits(whole)) - whole;
}

// Only the low bits of the result are n + offset.
template <Real V>
LAMINA_INLINE IntOf<V> low_bits_of(V n, int offset) {
  return to_bits(n + V(kWhole<LaneOf<V>> + static_cast<LaneOf<V>>(offset)));
}

// 2^n for a whole n that is the exponent of a normal number.
template <Real V>
LAMINA_INLINE V power_of_two(V n) {
  using L = Layout<LaneOf<V>>;
  return from_bits(low_bits_of(n, L::kExponentBias) << L::kMantissaBits);
}

// x * 2^n for whole n, rounded once; |n| at most twice the largest exponent.
template <Real V>
LAMINA_INLINE V scale(V x, V n) {
#if defined(LAMINA_ISA_AVX512)
  if constexpr (!Scalar<V>) return V(native::scale(x.raw, n.raw));
#endif
  const V half = round(n * V(0.5f));
  return x * power_of_two(half) * power_of_two(n - half);
}

}  // namespace lamina::LAMINA_ISA_NS

// The logarithms: log, log1p, log2, log10. Users include vec_math.h.
#pragma once

#include "kernels/isa/vec_math_core.h"

namespace lamina::LAMINA_ISA_NS {

template <Real V>
LAMINA_INLINE auto has_log(V x) {
  return (x > V(0)) & (x < V(Layout<LaneOf<V>>::kInfinity));
}

template <Real V>
LAMINA_INLINE V log_where_there_is_none(V x) {
  const V infinity(Layout<LaneOf<V>>::kInfinity);
  return select(x == V(0), -infinity, select(x < V(0), V(Layout<LaneOf<V>>::kNan), x));
}

// x = 2^n (1 + f), 3/4 <= 1 + f < 3/2, for positive normal x
template <Real V>
struct LogParts {
  V n;
  V f;

  LAMINA_INLINE LogParts(V whole, V fraction) : n(whole), f(fraction) {}
  explicit LAMINA_INLINE LogParts(V x) {
    constexpr int kBits = Layout<LaneOf<V>>::kMantissaBits;
    const auto exponent = (to_bits(x) - to_bits(V(0.75f))) >> kBits;
    n = whole_of<V>(exponent);
    f = from_bits(to_bits(x) - (exponent << kBits)) - V(1);
  }

  // The same for subnormal x too; some numbers for x that has no logarithm.
  static LAMINA_INLINE LogParts of_any(V x) {
#if defined(LAMINA_ISA_AVX512)
    if constexpr (!Scalar<V>) {
      const auto fraction = native::fraction(x.raw);
      return {V(native::exponent(x.raw, fraction)), V(fraction) - V(1)};
    }
#endif
    x = select(has_log(x), x, V(1));
    using L = Layout<LaneOf<V>>;
    const V lift = exp2i(IntOf<V>(L::kMantissaBits));
    const auto tiny = x < exp2i(IntOf<V>(1 - L::kExponentBias));
    LogParts part(select(tiny, x * lift, x));
    part.n = part.n - select(tiny, V(L::kMantissaBits), V(0));
    return part;
  }
};

// log(1 + f) + carry, carry being small: the shares add up from the smallest.
template <Real V>
LAMINA_INLINE V log_of_fraction(V f, V carry) {
  const V s = f / (V(2) + f);
  const V z = s * s;
  const V half_square = V(0.5f) * f * f;
  const V tail = fma(s, fma(z, polynomial(z, MathConstants<LaneOf<V>>::kLog), half_square), carry);
  return f - (half_square - tail);
}

// `result` where x has a logarithm, else what stands for it.
template <Real V>
LAMINA_INLINE V or_special_log(V result, V x) {
#if defined(LAMINA_ISA_AVX512)
  if constexpr (!Scalar<V>) return V(native::or_special_log(result.raw, x.raw));
#endif
  return select(has_log(x), result, log_where_there_is_none(x));
}

template <Real V>
LAMINA_INLINE V log(V x) {
  using C = MathConstants<LaneOf<V>>;
  const auto part = LogParts<V>::of_any(x);
  const V result = fma(part.n, V(C::kLn2), log_of_fraction(part.f, part.n * V(C::kLn2Low)));
  return or_special_log(result, x);
}

// In base b: n log_b(2) + log(1 + f) log_b(e), both constants in two parts.
template <Real V>
LAMINA_INLINE V log_in_base(V x, V log_2, V log_2_low, V log_e, V log_e_low) {
  const auto part = LogParts<V>::of_any(x);
  const V natural = log_of_fraction(part.f, V(0));
  const V low = fma(natural, log_e_low, part.n * log_2_low);
  const V result = fma(part.n, log_2, fma(natural, log_e, low));
  return or_special_log(result, x);
}

template <Real V>
LAMINA_INLINE V log2(V x) {
  using C = MathConstants<LaneOf<V>>;
  return log_in_base(x, V(1), V(0), V(C::kLog2E), V(C::kLog2ELow));
}

template <Real V>
LAMINA_INLINE V log10(V x) {
  using C = MathConstants<LaneOf<V>>;
  return log_in_base(x, V(C::kLog10Of2), V(C::kLog10Of2Low), V(C::kLog10E), V(C::kLog10ELow));
}

template <Real V>
LAMINA_INLINE V log1p(V x) {
  using C = MathConstants<LaneOf<V>>;
  const V sum = V(1) + x;
  const auto usable = has_log(sum);
  const LogParts<V> part(select(usable, sum, V(1)));
  // What the sum lost; where x is so large that this is inexact, it no longer matters.
  const V lost = scale(x - (sum - V(1)), -part.n);
  const V carry = part.n * V(C::kLn2Low);
  const V result = fma(part.n, V(C::kLn2), log_of_fraction(part.f + lost, carry));
  return select(usable, copysign(result, x), log_where_there_is_none(sum));
}

}  // namespace lamina::LAMINA_ISA_NS

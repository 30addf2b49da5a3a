// The gamma function's logarithm and the derivatives of that: lgamma, digamma, polygamma. Users
// include vec_math.h.
#pragma once

#include "kernels/isa/vec_math_libm.h"
#include "kernels/isa/vec_math_log.h"
#include "kernels/isa/vec_math_trig.h"

namespace lamina::LAMINA_ISA_NS {

// The asymptotic series hold from here on; smaller arguments are moved up by recurrences.
inline constexpr int kGammaFar = 8;
inline constexpr double kPi = 3.141592653589793;

namespace libm {
template <Real V>
LAMINA_INLINE V lgamma(V x) {
  const auto one = [](auto lane) {
    int sign;  // lgamma itself would write it to a global
    if constexpr (sizeof(lane) == sizeof(float)) {
      return __builtin_lgammaf_r(lane, &sign);
    } else {
      return __builtin_lgamma_r(lane, &sign);
    }
  };
  return each_lane(one, x);
}
}  // namespace libm

// For 0 < x < kGammaFar: a recurrence, of terms of one sign, leads to 1 <= 1 + s < 2, where the
// zeros at 1 and 2 are factors s and s - 1, both exact.
template <Real V>
LAMINA_INLINE V lgamma_near(V x) {
  V y = x, product(1);
  for (int i = 2; i < kGammaFar; ++i) {
    const auto large = y >= V(2);
    y = select(large, y - V(1), y);
    product = select(large, product * y, product);
  }
  const auto below_one = x < V(1);
  const V s = select(below_one, x, y - V(1));
  const V step = log(select(below_one, x, product));
  const V curve = polynomial(s - V(0.5f), MathConstants<LaneOf<V>>::kLgamma);
  return fma(s * (s - V(1)), curve, select(below_one, -step, step));
}

// For x >= kGammaFar: Stirling's series.
template <Real V>
LAMINA_INLINE V lgamma_far(V x) {
  const V inverse = V(1) / x;
  const V rest = inverse * polynomial(inverse * inverse, MathConstants<LaneOf<V>>::kStirling);
  const V half_log_2pi_less_half(static_cast<LaneOf<V>>(0.41893853320467274));
  return fma(x - V(0.5f), log(x) - V(1), half_log_2pi_less_half + rest);
}

template <Real V>
LAMINA_INLINE V lgamma(V x) {
  const auto near = x<V(kGammaFar), positive = x> V(0);
  const V from_near = any(near) ? lgamma_near(x) : x;
  const V result = all(near) ? from_near : select(near, from_near, lgamma_far(x));
  return all(positive) ? result : select(positive, result, libm::lgamma(x));
}

// pi / tan(pi x)
template <Real V>
LAMINA_INLINE V pi_cotangent(V x) {
  const V pi(static_cast<LaneOf<V>>(kPi));
  return pi / tan(pi * select(x == V(0), x, x - round(x)));  // -0 stays on its side of the pole
}

template <Real V>
LAMINA_INLINE V digamma(V x) {
  using C = MathConstants<LaneOf<V>>;
  const auto mirrored = x <= V(0);
  V y = select(mirrored, V(1) - x, x);
  // 1 / y + 1 / (y + 1) + ... as one fraction
  V numerator(0), denominator(1);
  for (int i = 0; i < kGammaFar; ++i) {
    const auto small = y < V(kGammaFar);
    numerator = select(small, fma(numerator, y, denominator), numerator);
    denominator = select(small, denominator * y, denominator);
    y = select(small, y + V(1), y);
  }
  const V inverse = V(1) / y, square = inverse * inverse;
  const V series = fma(V(0.5f), inverse, square * polynomial(square, C::kDigamma));
  const V result = log(y) - series - numerator / denominator;
  if (!any(mirrored)) return result;
  const auto pole = (x == round(x)) & (x < V(0));
  const V undefined(Layout<LaneOf<V>>::kNan);
  return select(mirrored, select(pole, undefined, result - pi_cotangent(x)), result);
}

template <Real V>
LAMINA_INLINE V whole_power(V x, int n) {
  V result(1);
  for (int i = 0; i < n; ++i) result = result * x;
  return result;
}

// The sum of (x + k)^-s over k = 0, 1, ..., for x > 0 and a whole s >= 2: some terms, then the
// formula of Euler and Maclaurin.
template <Real V>
LAMINA_INLINE V hurwitz_zeta(int s, V x) {
  using T = LaneOf<V>;
  const V far(static_cast<T>(kGammaFar + s));
  V y = x, sum(0);
  for (auto small = y < far; any(small); small = y < far) {
    sum = select(small, sum + whole_power(V(1) / y, s), sum);
    y = select(small, y + V(1), y);
  }
  const V inverse = V(1) / y, square = inverse * inverse;
  const V power = whole_power(inverse, s - 1);
  sum += power * (V(T(1) / static_cast<T>(s - 1)) + V(0.5f) * inverse);
  V term = power * square * V(static_cast<T>(s));
  for (int k = 0; k < MathConstants<T>::kZetaTerms; ++k) {
    sum += term * V(MathConstants<T>::kZeta[k]);
    term = term * square * V(static_cast<T>((s + 2 * k + 1) * (s + 2 * k + 2)));
  }
  return sum;
}

// The n-th derivative of digamma, n >= 1: n! zeta(n + 1, x) but for the sign. Left of 0 the sum
// runs through the numbers f - 1, f - 2, ..., x and then from the fraction f upwards.
template <Real V>
LAMINA_INLINE V polygamma(V x, LaneOf<V> order) {
  const int n = static_cast<int>(order), s = n + 1;
  LaneOf<V> factor(n % 2 ? 1 : -1);
  for (int k = 2; k <= n; ++k) factor *= static_cast<LaneOf<V>>(k);
  const auto positive = x > V(0);
  V sum = hurwitz_zeta(s, select(positive, x, V(1)));
  if (!all(positive)) {
    const V left = select(positive, V(0), x), fraction = left - floor(left);
    // 1 - fraction, exactly
    const V rest = select(fraction == V(0), V(1), ceil(left) - left);
    const V below = hurwitz_zeta(s, rest) - hurwitz_zeta(s, V(1) - left);
    const V whole = hurwitz_zeta(s, fraction) + (s % 2 ? -below : below);
    sum = select(positive, sum, whole);
  }
  return V(factor) * sum;
}

}  // namespace lamina::LAMINA_ISA_NS

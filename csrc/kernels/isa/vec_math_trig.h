// Sine, cosine and tangent. Users include vec_math.h.
#pragma once

#include "kernels/isa/vec_math_core.h"
#include "kernels/isa/vec_math_libm.h"

namespace lamina::LAMINA_ISA_NS {

// x + shift pi / 2 = quadrant pi / 2 + r, |r| <= pi / 4, for 0 <= x <= kTrigHighest. Of quadrant
// only the two low bits count.
template <Real V>
struct TrigParts {
  using C = MathConstants<LaneOf<V>>;
  IntOf<V> quadrant;
  V sine;
  V cosine;

  explicit LAMINA_INLINE TrigParts(V x, int shift) {
    const V n = round(x * V(C::kTwoOverPi));
    quadrant = low_bits_of(n, shift);
    // The first two differences are exact; what the third loses comes back with the fourth.
    const V high = fma(n, V(-C::kHalfPi[1]), fma(n, V(-C::kHalfPi[0]), x));
    const V middle = fma(n, V(-C::kHalfPi[2]), high);
    const V lost = fma(n, V(-C::kHalfPi[2]), high - middle);
    const V r = middle + fma(n, V(-C::kHalfPi[3]), lost);
    const V z = r * r;
    sine = fma(r * z, polynomial(z, C::kSin), r);
    cosine = fma(z * z, polynomial(z, C::kCos), fma(z, V(-0.5f), V(1)));
  }

  LAMINA_INLINE auto swapped() const { return (quadrant & IntOf<V>(1)) == IntOf<V>(1); }
};

template <Real V>
LAMINA_INLINE V sine_of_shifted(V x, int shift) {
  const TrigParts<V> part(x, shift);
  constexpr int kToSign = 8 * static_cast<int>(sizeof(LaneOf<V>)) - 2;
  const IntOf<V> sign = (part.quadrant & IntOf<V>(2)) << kToSign;
  return from_bits(to_bits(select(part.swapped(), part.cosine, part.sine)) ^ sign);
}

// Beyond kTrigHighest libm answers, which has as many digits of pi as that takes.
template <Real V, class Function>
LAMINA_INLINE V or_libm(V x, V near, Function function) {
  const auto far = abs(x) > V(MathConstants<LaneOf<V>>::kTrigHighest);
  if (any(far)) [[unlikely]]
    return select(far, function(x), near);
  return near;
}

template <Real V>
LAMINA_INLINE V sin(V x) {
  const V near = sine_of_shifted(abs(x), 0) * copysign(V(1), x);
  return or_libm(x, near, [](V far) { return libm::sin(far); });
}

template <Real V>
LAMINA_INLINE V cos(V x) {
  const V near = sine_of_shifted(abs(x), 1);
  return or_libm(x, near, [](V far) { return libm::cos(far); });
}

template <Real V>
LAMINA_INLINE V tan(V x) {
  const TrigParts<V> part(abs(x), 0);
  const auto swapped = part.swapped();
  const V top = select(swapped, -part.cosine, part.sine);
  const V bottom = select(swapped, part.sine, part.cosine);
  const V near = top / bottom * copysign(V(1), x);
  return or_libm(x, near, [](V far) { return libm::tan(far); });
}

}  // namespace lamina::LAMINA_ISA_NS

// The exponential and what follows from it: exp, exp2, expm1, sigmoid, tanh, erf. Users include
// vec_math.h.
#pragma once

#include "kernels/isa/vec_math_core.h"

namespace lamina::LAMINA_ISA_NS {

// exp(r) - 1 for |r| <= ln2 / 2
template <Real V>
LAMINA_INLINE V expm1_near_zero(V r) {
  return fma(r * r, polynomial(r, MathConstants<LaneOf<V>>::kExp), r);
}

// x = n ln2 + r, |r| <= ln2 / 2
template <Real V, int kOffset = 0>
struct ExpParts {
  using C = MathConstants<LaneOf<V>>;
  using L = Layout<LaneOf<V>>;
  V shifted;  // has the exponent of power() in its low bits, see kWhole
  V n;
  V r;

  explicit LAMINA_INLINE ExpParts(V x)
      : shifted(fma(x, V(C::kLog2E), origin())),
        n(shifted - origin()),
        r(fma(n, V(-C::kLn2Low), fma(n, V(-C::kLn2), x))) {}
  // 2^(n + kOffset), where that is a normal number.
  LAMINA_INLINE V power() const { return from_bits(to_bits(shifted) << L::kMantissaBits); }

 private:
  static LAMINA_INLINE V origin() {
    return V(kWhole<LaneOf<V>> + static_cast<LaneOf<V>>(L::kExponentBias + kOffset));
  }
};

template <Real V>
LAMINA_INLINE V exp(V x) {
  using C = MathConstants<LaneOf<V>>;
  // This order of arguments lets NaN through.
  const ExpParts<V> part(max(V(C::kExpLowest), min(V(C::kExpHighest), x)));
  return scale(V(1) + expm1_near_zero(part.r), part.n);
}

template <Real V>
LAMINA_INLINE V exp2(V x) {
  using C = MathConstants<LaneOf<V>>;
  using L = Layout<LaneOf<V>>;
  const V lowest(-(L::kExponentBias + L::kMantissaBits + 1));
  const V bounded = max(lowest, min(V(L::kExponentBias + 1), x));
  const V n = round(bounded);
  const V fraction = bounded - n;
  const V r = fma(fraction, V(C::kLn2), fraction * V(C::kLn2Low));
  return scale(V(1) + expm1_near_zero(r), n);
}

template <Real V>
LAMINA_INLINE V expm1(V x) {
  using C = MathConstants<LaneOf<V>>;
  const ExpParts<V> part(max(V(C::kExpm1Lowest), min(V(C::kExpHighest), x)));
  const V rest = V(1) - scale(V(1), -part.n);
  const V square = part.r * part.r;
  const V result = fma(square, polynomial(part.r, C::kExp), part.r + rest);
  return copysign(scale(result, part.n), x);
}

// 1 / (1 + exp(-x)). With exp(-x) = 2^n (1 + p) the sum is (1 + 2^n) + 2^n p; all of it is times a
// unit so small that 2^n does not overflow before the result is 0.
template <Real V>
LAMINA_INLINE V sigmoid(V x) {
  using T = LaneOf<V>;
  using C = MathConstants<T>;
  constexpr int kUnitBits = Layout<T>::kMantissaBits + 1;
  const V unit(T(1) / static_cast<T>(int64_t{1} << kUnitBits));
  const ExpParts<V, -kUnitBits> part(max(V(C::kExpm1Lowest), min(V(-C::kExpLowest), -x)));
  const V power = part.power();
  return unit / fma(power, expm1_near_zero(part.r), power + unit);
}

// e / (e + 2) with e = exp(2x) - 1, which is 1 from 20 on.
template <Real V>
LAMINA_INLINE V tanh(V x) {
  const V magnitude = min(V(20), abs(x));
  const ExpParts<V> part(magnitude + magnitude);
  const V power = part.power();
  const V e = fma(power, expm1_near_zero(part.r), power - V(1));
  return copysign(e / (e + V(2)), x);
}

template <Real V>
LAMINA_INLINE V erf(V x) {
  using C = MathConstants<LaneOf<V>>;
  const V magnitude = min(V(C::kErfHighest), abs(x));
  const V near = fma(magnitude, polynomial(magnitude * magnitude, C::kErf), magnitude);
  const V far = V(1) - exp(polynomial(magnitude, C::kLogErfc));
  return copysign(select(magnitude < V(1), near, far), x);
}

}  // namespace lamina::LAMINA_ISA_NS

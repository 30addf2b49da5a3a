// The inverse of erf. Users include vec_math.h.
#pragma once

#include "kernels/isa/vec_math_exp.h"
#include "kernels/isa/vec_math_libm.h"
#include "kernels/isa/vec_math_log.h"

namespace lamina::LAMINA_ISA_NS {

// Winitzki's closed form, right to 2e-3, then steps of Halley; near 1 those compare with erfc,
// where erf has no digits left.
template <Real V>
LAMINA_INLINE V erfinv(V x) {
  using T = LaneOf<V>;
  constexpr int kSteps = sizeof(T) == sizeof(float) ? 2 : 3;
  const V magnitude = abs(x), slope(static_cast<T>(1.1283791670955126));
  const V a(static_cast<T>(0.147)), two_over_pi_a(static_cast<T>(4.330746750799873));
  const V inside = min(magnitude, V(1) - exp2i(IntOf<V>(-1 - Layout<T>::kMantissaBits)));
  const V logarithm = log((V(1) - inside) * (V(1) + inside));
  const V middle = fma(V(0.5f), logarithm, two_over_pi_a);
  V y = sqrt(max(V(0), sqrt(middle * middle - logarithm / a) - middle));
  for (int i = 0; i < kSteps; ++i) {
    const V error = select(inside < V(0.5f), erf(y) - inside, (V(1) - inside) - libm::erfc(y));
    const V step = error / (slope * exp(-(y * y)));
    y -= step / fma(y, step, V(1));
  }
  y = select(magnitude < V(1), y, V(Layout<T>::kInfinity));
  return copysign(select(magnitude <= V(1), y, V(Layout<T>::kNan)), x);
}

}  // namespace lamina::LAMINA_ISA_NS

// The formulas of the elementwise functions of two operands, on vectors or single numbers. Their
// gradients are compositions of tensor ops, in ops/elementwise_grad.cpp.
#pragma once

#include "kernels/isa/number.h"
#include "kernels/isa/vec_math.h"

namespace lamina::LAMINA_ISA_NS {

#define LAMINA_BINARY(Name) \
  struct Name {             \
    template <class V>      \
    static V fwd(V a, V b); \
  };                        \
  template <class V>        \
  V Name::fwd(V a, V b)

LAMINA_BINARY(Add) { return static_cast<V>(a + b); }
LAMINA_BINARY(Sub) { return static_cast<V>(a - b); }
LAMINA_BINARY(Mul) { return static_cast<V>(a * b); }
LAMINA_BINARY(Div) { return a / b; }
LAMINA_BINARY(Maximum) { return maximum(a, b); }
LAMINA_BINARY(Minimum) { return minimum(a, b); }
LAMINA_BINARY(Pow) { return pow(a, b); }
LAMINA_BINARY(Fmod) { return fmod(a, b); }
LAMINA_BINARY(Atan2) { return atan2(a, b); }
LAMINA_BINARY(BitwiseAnd) { return static_cast<V>(a & b); }
LAMINA_BINARY(BitwiseOr) { return static_cast<V>(a | b); }
LAMINA_BINARY(BitwiseXor) { return static_cast<V>(a ^ b); }
// Python's: the sign is the divisor's.
LAMINA_BINARY(Remainder) {
  const V r = fmod(a, b);
  return r != V(0) && (r < V(0)) != (b < V(0)) ? static_cast<V>(r + b) : r;
}
LAMINA_BINARY(FloorDivide) { return floor_divide(a, b); }
// a where it is positive, else b times it.
LAMINA_BINARY(Prelu) { return select(a > V(0), a, a * b); }
LAMINA_BINARY(LogAddExp) {
  const V high = maximum(a, b);
  const V apart = abs(a - b);
  // Equal infinities differ by NaN; their sum is the infinity itself.
  return select(a == b, high + V(LaneOf<V>(0.6931471805599453)), high + log1p(exp(-apart)));
}

#undef LAMINA_BINARY

}  // namespace lamina::LAMINA_ISA_NS

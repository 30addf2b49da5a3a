// The formulas of the elementwise functions and of their gradients, each written once: V is a
// vector, a number, or (in ops, for gradients of gradients) a tensor. P is the type of plain
// numbers beside it. Kernels that run them belong to unary.cpp and binary.cpp.
#pragma once

namespace lamina::LAMINA_ISA_NS {

// fwd(x, p) gives y; bwd(saved, g, p) gives the gradient of x, where `saved` is x or y as the list
// says.
#define LAMINA_FWD            \
  template <class P, class V> \
  static V fwd([[maybe_unused]] V x, [[maybe_unused]] const P* p)
#define LAMINA_BWD(saved)     \
  template <class P, class V> \
  static V bwd([[maybe_unused]] V saved, V g, [[maybe_unused]] const P* p)

struct Abs {
  LAMINA_FWD { return abs(x); }
  LAMINA_BWD(x) { return select(x > P(0), g, select(x < P(0), -g, g * P(0))); }
};
struct Neg {
  LAMINA_FWD { return -x; }
  LAMINA_BWD(unused) { return -g; }
};
struct Sign {
  LAMINA_FWD { return select(x > P(0), V(P(1)), select(x < P(0), V(P(-1)), V(P(0)))); }
  LAMINA_BWD(unused) { return g; }
};
struct Square {
  LAMINA_FWD { return x * x; }
  LAMINA_BWD(x) { return g * (P(2) * x); }
};
struct Relu {
  LAMINA_FWD { return select(x < P(0), V(P(0)), x); }
  LAMINA_BWD(y) { return select(y <= P(0), P(0), g); }  // a NaN passes its gradient on
};

// Their gradient is zero everywhere, so no kernel runs for it.
#define LAMINA_FLAT(Name, call)      \
  struct Name {                      \
    LAMINA_FWD { return call; }      \
    LAMINA_BWD(unused) { return g; } \
  };
LAMINA_FLAT(Floor, floor(x))
LAMINA_FLAT(Ceil, ceil(x))
LAMINA_FLAT(Round, round(x))
LAMINA_FLAT(Trunc, trunc(x))
#undef LAMINA_FLAT

struct Frac {
  LAMINA_FWD { return x - trunc(x); }
  LAMINA_BWD(unused) { return g; }
};

struct Exp {
  LAMINA_FWD { return exp(x); }
  LAMINA_BWD(y) { return g * y; }
};
struct Exp2 {
  LAMINA_FWD { return exp2(x); }
  LAMINA_BWD(y) { return g * (y * P(0.6931471805599453)); }
};
struct Expm1 {
  LAMINA_FWD { return expm1(x); }
  LAMINA_BWD(y) { return g * (y + P(1)); }
};
struct Log {
  LAMINA_FWD { return log(x); }
  LAMINA_BWD(x) { return g / x; }
};
struct Log1p {
  LAMINA_FWD { return log1p(x); }
  LAMINA_BWD(x) { return g / (x + P(1)); }
};
struct Log2 {
  LAMINA_FWD { return log2(x); }
  LAMINA_BWD(x) { return g / (x * P(0.6931471805599453)); }
};
struct Log10 {
  LAMINA_FWD { return log10(x); }
  LAMINA_BWD(x) { return g / (x * P(2.302585092994046)); }
};
struct Sqrt {
  LAMINA_FWD { return sqrt(x); }
  LAMINA_BWD(y) { return g / (P(2) * y); }
};
struct Rsqrt {
  LAMINA_FWD { return P(1) / sqrt(x); }
  LAMINA_BWD(y) { return g * (P(-0.5) * y * y * y); }
};
struct Reciprocal {
  LAMINA_FWD { return P(1) / x; }
  LAMINA_BWD(y) { return -(g * y * y); }
};

struct Sin {
  LAMINA_FWD { return sin(x); }
  LAMINA_BWD(x) { return g * cos(x); }
};
struct Cos {
  LAMINA_FWD { return cos(x); }
  LAMINA_BWD(x) { return -(g * sin(x)); }
};
struct Tan {
  LAMINA_FWD { return tan(x); }
  LAMINA_BWD(y) { return g * (P(1) + y * y); }
};
struct Asin {
  LAMINA_FWD { return asin(x); }
  LAMINA_BWD(x) { return g / sqrt(P(1) - x * x); }
};
struct Acos {
  LAMINA_FWD { return acos(x); }
  LAMINA_BWD(x) { return -(g / sqrt(P(1) - x * x)); }
};
struct Atan {
  LAMINA_FWD { return atan(x); }
  LAMINA_BWD(x) { return g / (P(1) + x * x); }
};
struct Sinh {
  LAMINA_FWD { return sinh(x); }
  LAMINA_BWD(x) { return g * cosh(x); }
};
struct Cosh {
  LAMINA_FWD { return cosh(x); }
  LAMINA_BWD(x) { return g * sinh(x); }
};
struct Tanh {
  LAMINA_FWD { return tanh(x); }
  LAMINA_BWD(y) { return g * (P(1) - y * y); }
};
struct Asinh {
  LAMINA_FWD { return asinh(x); }
  LAMINA_BWD(x) { return g / sqrt(x * x + P(1)); }
};
struct Acosh {
  LAMINA_FWD { return acosh(x); }
  LAMINA_BWD(x) { return g / sqrt(x * x - P(1)); }
};
struct Atanh {
  LAMINA_FWD { return atanh(x); }
  LAMINA_BWD(x) { return g / (P(1) - x * x); }
};
struct Sigmoid {
  LAMINA_FWD { return sigmoid(x); }
  LAMINA_BWD(y) { return g * (y * (P(1) - y)); }
};
struct Erf {
  LAMINA_FWD { return erf(x); }
  LAMINA_BWD(x) { return g * (P(1.1283791670955126) * exp(-(x * x))); }
};
struct Erfc {
  LAMINA_FWD { return erfc(x); }
  LAMINA_BWD(x) { return -(g * (P(1.1283791670955126) * exp(-(x * x)))); }
};

struct Erfinv {
  LAMINA_FWD { return erfinv(x); }
  LAMINA_BWD(y) { return g * (P(0.886226925452758) * exp(y * y)); }
};
struct Lgamma {
  LAMINA_FWD { return lgamma(x); }
  LAMINA_BWD(x) { return g * digamma(x); }
};
struct Digamma {
  LAMINA_FWD { return digamma(x); }
  LAMINA_BWD(x) { return g * polygamma(x, P(1)); }
};
struct Polygamma {  // order
  LAMINA_FWD { return polygamma(x, p[0]); }
  LAMINA_BWD(x) { return g * polygamma(x, p[0] + P(1)); }
};

struct Clamp {  // to [p[0], p[1]]; NaN stays
  LAMINA_FWD { return select(x < p[0], V(p[0]), select(x > p[1], V(p[1]), x)); }
  LAMINA_BWD(x) { return select((x >= p[0]) & (x <= p[1]), g, P(0)); }
};
struct NanToNum {  // p: for NaN, for +inf, for -inf
  LAMINA_FWD {
    const V inf = V(P(1) / P(0));
    return select(x != x, V(p[0]), select(x == inf, V(p[1]), select(x == -inf, V(p[2]), x)));
  }
  LAMINA_BWD(x) { return select((x - x) == P(0), g, P(0)); }
};

// ---- activations; where a formula has numbers, PyTorch's names for them are given ----

struct Threshold {  // threshold, value
  LAMINA_FWD { return select(x <= p[0], V(p[1]), x); }
  LAMINA_BWD(x) { return select(x <= p[0], P(0), g); }
};
struct Hardtanh {  // min_val, max_val; unlike that of Clamp, the gradient at the bounds is zero
  LAMINA_FWD { return Clamp::fwd(x, p); }
  LAMINA_BWD(x) { return select((x <= p[0]) | (x >= p[1]), P(0), g); }
};
struct Hardsigmoid {
  LAMINA_FWD {
    const V inside = x * P(1.0 / 6) + P(0.5);
    return select(x <= P(-3), V(P(0)), select(x >= P(3), V(P(1)), inside));
  }
  LAMINA_BWD(x) { return select((x > P(-3)) & (x < P(3)), g * P(1.0 / 6), P(0)); }
};
struct Hardswish {
  LAMINA_FWD { return x * Hardsigmoid::fwd(x, p); }
  LAMINA_BWD(x) {
    return select(x <= P(-3), P(0), select(x < P(3), g * (x * P(1.0 / 3) + P(0.5)), g));
  }
};
struct Hardshrink {  // lambd
  LAMINA_FWD { return select((x >= -p[0]) & (x <= p[0]), V(P(0)), x); }
  LAMINA_BWD(x) { return select((x >= -p[0]) & (x <= p[0]), P(0), g); }
};
struct Softshrink {  // lambd
  LAMINA_FWD {
    const V toward_zero = select(x > P(0), x - p[0], x + p[0]);
    return select((x >= -p[0]) & (x <= p[0]), V(P(0)), toward_zero);
  }
  LAMINA_BWD(x) { return Hardshrink::bwd(x, g, p); }
};
struct Tanhshrink {
  LAMINA_FWD { return x - tanh(x); }
  LAMINA_BWD(x) {
    const V y = tanh(x);
    return g * (y * y);
  }
};
struct Softsign {
  LAMINA_FWD { return x / (P(1) + abs(x)); }
  LAMINA_BWD(x) {
    const V whole = P(1) + abs(x);
    return g / (whole * whole);
  }
};
struct Softplus {  // beta, threshold
  LAMINA_FWD {
    const V z = x * p[0];
    const V smooth = max(z, V(P(0))) + log1p(exp(-abs(z)));
    return select(z > p[1], x, smooth / p[0]);
  }
  LAMINA_BWD(x) { return select(x * p[0] > p[1], g, g * sigmoid(x * p[0])); }
};
struct LogSigmoid {
  LAMINA_FWD { return min(x, V(P(0))) - log1p(exp(-abs(x))); }
  LAMINA_BWD(x) { return g * sigmoid(-x); }
};
struct Elu {  // factors of expm1(x), of a positive x, of x below the exponential
  LAMINA_FWD { return select(x > P(0), x * p[1], expm1(x * p[2]) * p[0]); }
  LAMINA_BWD(x) { return select(x <= P(0), g * (exp(x * p[2]) * (p[0] * p[2])), g * p[1]); }
};
struct LeakyRelu {  // negative_slope
  LAMINA_FWD { return select(x > P(0), x, x * p[0]); }
  LAMINA_BWD(x) { return select(x > P(0), g, g * p[0]); }
};
struct Gelu {
  LAMINA_FWD { return x * normal_cdf<P>(x); }
  LAMINA_BWD(x) {
    const V density = exp(x * x * P(-0.5)) * P(0.3989422804014327);
    return g * (normal_cdf<P>(x) + x * density);
  }

 private:
  template <class P, class V>
  static V normal_cdf(V x) {
    return P(0.5) + P(0.5) * erf(x * P(0.7071067811865476));
  }
};
// With (1 + tanh(u)) / 2 = sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3).
struct GeluTanh {
  LAMINA_FWD { return x * gate<P>(x); }
  LAMINA_BWD(x) {
    const V s = gate<P>(x);
    const V slope = P(kSlope) + P(3 * kSlope * kCubic) * (x * x);
    return g * (s + x * (s * (P(1) - s)) * slope);
  }

 private:
  static constexpr double kSlope = 1.5957691216057308, kCubic = 0.044715;
  template <class P, class V>
  static V gate(V x) {
    return sigmoid(x * (P(kSlope) + P(kSlope * kCubic) * (x * x)));
  }
};
struct Silu {
  LAMINA_FWD { return x * sigmoid(x); }
  LAMINA_BWD(x) {
    const V s = sigmoid(x);
    return g * (s * (P(1) + x * (P(1) - s)));
  }
};
// tanh(log(1 + exp(x))) = s (2 - s) / (1 + (1 - s)^2) with s = sigmoid(x), which cannot overflow.
struct Mish {
  LAMINA_FWD {
    const V s = sigmoid(x), rest = P(1) - s;
    return x * (s * (P(2) - s) / (P(1) + rest * rest));
  }
  LAMINA_BWD(x) {
    const V s = sigmoid(x), rest = P(1) - s;
    const V square = rest * rest, factor = P(1) / (P(1) + square);
    return g * (s * factor * (P(2) - s + x * (P(4) * square * factor)));
  }
};

#undef LAMINA_FWD
#undef LAMINA_BWD

}  // namespace lamina::LAMINA_ISA_NS

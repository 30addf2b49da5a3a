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
  LAMINA_BWD(x) { return select(x > P(0), g, select(x < P(0), -g, P(0))); }
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

#undef LAMINA_FWD
#undef LAMINA_BWD

}  // namespace lamina::LAMINA_ISA_NS

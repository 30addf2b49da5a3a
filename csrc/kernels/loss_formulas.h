// The formulas of the losses of an input x beside a target t, each written once: V is a vector, a
// number, or (for gradients of gradients) a tensor. p are plain numbers of type P beside them. The
// loops that run them stand in isa/loss.cpp and ops/pair_loss.cpp.
#pragma once

namespace lamina::LAMINA_ISA_NS {

// fwd is the loss; grad_x and grad_t are g times its derivatives.
#define LAMINA_LOSS           \
  template <class P, class V> \
  static V fwd([[maybe_unused]] V x, [[maybe_unused]] V t, [[maybe_unused]] const P* p)
#define LAMINA_GRAD(of)                                                                \
  template <class P, class V>                                                          \
  static V grad_##of([[maybe_unused]] V x, [[maybe_unused]] V t, [[maybe_unused]] V g, \
                     [[maybe_unused]] const P* p)

// g with the sign of d; 0 where that has none.
template <class P, class V>
V toward(V d, V g) {
  return select(d > P(0), g, select(d < P(0), -g, P(0)));
}

struct AbsoluteError {
  LAMINA_LOSS { return abs(x - t); }
  LAMINA_GRAD(x) { return toward<P>(x - t, g); }
};
struct SquaredError {
  LAMINA_LOSS { return (x - t) * (x - t); }
  LAMINA_GRAD(x) { return g * (P(2) * (x - t)); }
};
struct SmoothAbsoluteError {  // p: where the square ends
  LAMINA_LOSS {
    const V d = abs(x - t);
    return select(d < p[0], P(0.5) * d * d / p[0], d - P(0.5) * p[0]);
  }
  LAMINA_GRAD(x) {
    const V d = x - t;
    return select(abs(d) < p[0], g * d / p[0], toward<P>(d, g));
  }
};
struct Huber {  // p: where the square ends
  LAMINA_LOSS {
    const V d = abs(x - t);
    return select(d <= p[0], P(0.5) * d * d, p[0] * (d - P(0.5) * p[0]));
  }
  LAMINA_GRAD(x) {
    const V d = x - t;
    return select(abs(d) < p[0], g * d, p[0] * toward<P>(d, g));
  }
};
struct LogCosh {
  LAMINA_LOSS {
    const V d = abs(x - t);
    // Far out d - log(2) is left, near 0 a square that the difference would lose.
    const V fall = expm1(-d);
    const V near = log1p(fall * fall / (P(2) * (P(1) + fall)));
    const V far = d + log1p(exp(P(-2) * d)) - P(0.6931471805599453);
    return select(d < P(1), near, far);
  }
  LAMINA_GRAD(x) { return g * tanh(x - t); }
};
struct Quantile {  // p: the quantile
  LAMINA_LOSS { return select(t > x, p[0] * (t - x), (P(1) - p[0]) * (x - t)); }
  LAMINA_GRAD(x) { return select(t > x, g * -p[0], (P(1) - p[0]) * toward<P>(x - t, g)); }
};
struct PercentageError {  // p: the least size of a target
  template <class P, class V>
  static V size(V t, const P* p) {
    return select(abs(t) < p[0], p[0], abs(t));
  }
  LAMINA_LOSS { return P(100) * abs(x - t) / size(t, p); }
  LAMINA_GRAD(x) { return P(100) * toward<P>(x - t, g) / size(t, p); }
};

struct BinaryCrossEntropy {  // of probabilities; logarithms end at -100
  LAMINA_LOSS {
    const V lowest = V(P(-100));  // as the first argument it lets a NaN through
    return (t - P(1)) * max(lowest, log1p(-x)) - t * max(lowest, log(x));
  }
  LAMINA_GRAD(x) {
    const V spread = (P(1) - x) * x;
    return g * (x - t) / select(spread < P(1e-12), P(1e-12), spread);
  }
  LAMINA_GRAD(t) { return g * (log1p(-x) - log(x)); }
};
struct LogisticCrossEntropy {
  LAMINA_LOSS { return (P(1) - t) * x + max(V(P(0)), -x) + log1p(exp(-abs(x))); }
  LAMINA_GRAD(x) { return g * (sigmoid(x) - t); }
  LAMINA_GRAD(t) { return -(g * x); }
};
struct Divergence {  // of a log-probability from a probability
  LAMINA_LOSS { return select(t == P(0), V(P(0)), t * log(t)) - t * x; }
  LAMINA_GRAD(x) { return -(g * t); }
  LAMINA_GRAD(t) { return g * (log(t) + P(1) - x); }
};
struct DivergenceOfLogs {
  LAMINA_LOSS { return exp(t) * (t - x); }
  LAMINA_GRAD(x) { return -(g * exp(t)); }
  LAMINA_GRAD(t) { return g * (exp(t) * (t - x + P(1))); }
};
struct Poisson {  // p: keeps the logarithm finite
  LAMINA_LOSS { return x - t * log(x + p[0]); }
  LAMINA_GRAD(x) { return g * (P(1) - t / (x + p[0])); }
  LAMINA_GRAD(t) { return -(g * log(x + p[0])); }
};
struct PoissonOfLogs {
  LAMINA_LOSS { return exp(x) - t * x; }
  LAMINA_GRAD(x) { return g * (exp(x) - t); }
  LAMINA_GRAD(t) { return -(g * x); }
};

struct SoftMargin {
  LAMINA_LOSS {
    const V lag = -(t * x);
    return max(V(P(0)), lag) + log1p(exp(-abs(lag)));
  }
  LAMINA_GRAD(x) { return -(g * t * sigmoid(-(t * x))); }
  LAMINA_GRAD(t) { return -(g * x * sigmoid(-(t * x))); }
};
struct HingeEmbedding {  // p: the margin; t: 1 or -1
  LAMINA_LOSS {
    const V apart = select(t == P(1), V(P(0)), max(V(P(0)), p[0] - x));
    return apart + select(t == P(-1), V(P(0)), x);
  }
  LAMINA_GRAD(x) {
    return select(t == P(1), P(0), select(x <= p[0], -g, P(0))) + select(t == P(-1), P(0), g);
  }
};

// A target above 0 asks for a score above 0, any other for one below.
template <class P, class V>
V agreeing(V x, V t) {
  return select(t > P(0), x, -x);
}
struct Hinge {  // p: the margin
  LAMINA_LOSS { return max(V(P(0)), p[0] - agreeing<P>(x, t)); }
  LAMINA_GRAD(x) { return select(agreeing<P>(x, t) < p[0], agreeing<P>(-g, t), P(0)); }
};
struct SquaredHinge {  // p: the margin
  LAMINA_LOSS {
    const V lag = max(V(P(0)), p[0] - agreeing<P>(x, t));
    return lag * lag;
  }
  LAMINA_GRAD(x) {
    const V lag = p[0] - agreeing<P>(x, t);
    return select(lag > P(0), P(2) * lag * agreeing<P>(-g, t), P(0));
  }
};
struct Exponential {
  LAMINA_LOSS { return exp(-agreeing<P>(x, t)); }
  LAMINA_GRAD(x) { return agreeing<P>(-g, t) * exp(-agreeing<P>(x, t)); }
};

#undef LAMINA_LOSS
#undef LAMINA_GRAD

}  // namespace lamina::LAMINA_ISA_NS

// The kernels of optimizer updates: a functor an optimizer, and the one loop that runs them.
#include "kernels/optimizer.h"

#include "kernels/isa/vec_walk.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class V>
LAMINA_INLINE V value(double x) {
  return V(static_cast<LaneOf<V>>(x));
}

// a + weight (b - a), as a moving average with 1 - weight = beta.
template <class V>
LAMINA_INLINE V averaged(V a, V b, double beta) {
  return fma(b - a, value<V>(1 - beta), a);
}
template <class V>
LAMINA_INLINE V averaged_square(V a, V b, double beta) {
  return fma(b * value<V>(1 - beta), b, a * value<V>(beta));
}

template <class V>
LAMINA_INLINE V sign(V a) {
  return select(a > V(0), V(1), select(a < V(0), V(-1), V(0)));
}

// A formula says in kArrays which of the state arrays it has, and changes `p` and them in place.
struct Adadelta {
  static constexpr unsigned kArrays = 0b011;  // square_avg, acc_delta
  template <class V>
  static LAMINA_INLINE void apply(const AdadeltaFactors& f, V& p, V g, V* state) {
    state[0] = averaged_square(state[0], g, f.rho);
    const V eps = value<V>(f.eps);
    const V delta = sqrt(state[1] + eps) / sqrt(state[0] + eps) * g;
    state[1] = averaged_square(state[1], delta, f.rho);
    p -= value<V>(f.lr) * delta;
  }
};

struct Adagrad {
  static constexpr unsigned kArrays = 0b001;  // sum
  template <class V>
  static LAMINA_INLINE void apply(const AdagradFactors& f, V& p, V g, V* state) {
    state[0] = fma(g, g, state[0]);
    p -= value<V>(f.lr) * g / (sqrt(state[0]) + value<V>(f.eps));
  }
};

template <bool kAmsgrad>
struct Adam {
  static constexpr unsigned kArrays = kAmsgrad ? 0b111 : 0b011;  // exp_avg, exp_avg_sq, its maximum
  template <class V>
  static LAMINA_INLINE void apply(const AdamFactors& f, V& p, V g, V* state) {
    state[0] = averaged(state[0], g, f.beta1);
    state[1] = averaged_square(state[1], g, f.beta2);
    if constexpr (kAmsgrad) state[2] = maximum(state[2], state[1]);
    const V scale = sqrt(state[kAmsgrad ? 2 : 1]) * value<V>(f.inverse_scale);
    p -= value<V>(f.step_size) * state[0] / (scale + value<V>(f.eps));
  }
};

struct Adamax {
  static constexpr unsigned kArrays = 0b011;  // exp_avg, exp_inf
  template <class V>
  static LAMINA_INLINE void apply(const AdamaxFactors& f, V& p, V g, V* state) {
    state[0] = averaged(state[0], g, f.beta1);
    state[1] = maximum(state[1] * value<V>(f.beta2), abs(g) + value<V>(f.eps));
    p -= value<V>(f.step_size) * state[0] / state[1];
  }
};

struct Asgd {
  static constexpr unsigned kArrays = 0b001;  // ax
  template <class V>
  static LAMINA_INLINE void apply(const AsgdFactors& f, V& p, V g, V* state) {
    p -= value<V>(f.eta) * g;
    // The average of one value is that value, whatever was in its place.
    state[0] = f.mu == 1 ? p : fma(p - state[0], value<V>(f.mu), state[0]);
  }
};

struct Lion {
  static constexpr unsigned kArrays = 0b001;  // exp_avg
  template <class V>
  static LAMINA_INLINE void apply(const LionFactors& f, V& p, V g, V* state) {
    p -= value<V>(f.lr) * sign(averaged(state[0], g, f.beta1));
    state[0] = averaged(state[0], g, f.beta2);
  }
};

struct Nadam {
  static constexpr unsigned kArrays = 0b011;  // exp_avg, exp_avg_sq
  template <class V>
  static LAMINA_INLINE void apply(const NadamFactors& f, V& p, V g, V* state) {
    state[0] = averaged(state[0], g, f.beta1);
    state[1] = averaged_square(state[1], g, f.beta2);
    const V scale = sqrt(state[1] * value<V>(f.inverse_correction)) + value<V>(f.eps);
    p -= fma(value<V>(f.of_grad), g, value<V>(f.of_mean) * state[0]) / scale;
  }
};

struct Radam {
  static constexpr unsigned kArrays = 0b011;  // exp_avg, exp_avg_sq
  template <class V>
  static LAMINA_INLINE void apply(const RadamFactors& f, V& p, V g, V* state) {
    state[0] = averaged(state[0], g, f.beta1);
    state[1] = averaged_square(state[1], g, f.beta2);
    V update = value<V>(f.step_size) * state[0];
    if (f.rectified != 0) update *= value<V>(f.rectified) / (sqrt(state[1]) + value<V>(f.eps));
    p -= update;
  }
};

template <bool kCentered, bool kMomentum>
struct Rmsprop {
  // square_avg, grad_avg, momentum_buffer
  static constexpr unsigned kArrays = 0b001 | (kCentered ? 0b010 : 0) | (kMomentum ? 0b100 : 0);
  template <class V>
  static LAMINA_INLINE void apply(const RmspropFactors& f, V& p, V g, V* state) {
    state[0] = averaged_square(state[0], g, f.alpha);
    V variance = state[0];
    if constexpr (kCentered) {
      state[1] = averaged(state[1], g, f.alpha);
      variance = fma(-state[1], state[1], variance);
    }
    V update = g / (sqrt(variance) + value<V>(f.eps));
    if constexpr (kMomentum) {
      state[2] = fma(state[2], value<V>(f.momentum), update);
      update = f.nesterov ? fma(state[2], value<V>(f.momentum), update) : state[2];
    }
    p -= value<V>(f.lr) * update;
  }
};

struct Rprop {
  static constexpr unsigned kArrays = 0b011;  // prev, step_size
  template <class V>
  static LAMINA_INLINE void apply(const RpropFactors& f, V& p, V g, V* state) {
    const V turn = g * state[0];
    const V factor =
        select(turn > V(0), value<V>(f.eta_plus), select(turn < V(0), value<V>(f.eta_minus), V(1)));
    const V size = maximum(state[1] * factor, value<V>(f.smallest));
    state[1] = minimum(size, value<V>(f.largest));
    state[0] = select(turn < V(0), V(0), g);
    p -= sign(state[0]) * state[1];
  }
};

template <bool kMomentum>
struct Sgd {
  static constexpr unsigned kArrays = kMomentum ? 0b001 : 0;  // momentum_buffer
  template <class V>
  static LAMINA_INLINE void apply(const SgdFactors& f, V& p, V g, V* state) {
    if constexpr (kMomentum) {
      const V momentum = value<V>(f.momentum);
      state[0] = fma(state[0], momentum, value<V>(1 - f.dampening) * g);
      g = f.nesterov ? fma(state[0], momentum, g) : state[0];
    }
    p -= value<V>(f.lr) * g;
  }
};

template <class V>
LAMINA_INLINE V decayed(const Decay& decay, V& p, V g) {
  if (decay.negate) g = -g;
  if (decay.coupled != 0) g = fma(p, value<V>(decay.coupled), g);
  if (decay.shrink != 1) p *= value<V>(decay.shrink);
  return g;
}

template <class Formula, class Factors, class T>
LAMINA_INLINE void update(int64_t n, const Factors& given, const Updated<T>& updated) {
  const Factors factors = given;  // a copy of our own, which stores cannot change
  const Updated<T> at = updated;
  walk<T>(n, [&](int64_t i, auto part) {
    Vec<T> p = part.load(at.param + i);
    Vec<T> state[kMaxUpdateArrays];
    for (int k = 0; k < kMaxUpdateArrays; ++k)
      if (Formula::kArrays >> k & 1) state[k] = part.load(at.state[k] + i);
    const Vec<T> g = decayed(factors.decay, p, part.load(at.grad + i));
    Formula::apply(factors, p, g, state);
    for (int k = 0; k < kMaxUpdateArrays; ++k)
      if (Formula::kArrays >> k & 1) part.store(at.state[k] + i, state[k]);
    part.store(at.param + i, p);
  });
}

template <NormKind kKind, class V>
LAMINA_INLINE V folded(V a, V b) {
  if constexpr (kKind == NormKind::kLargest)
    return maximum(a, abs(b));
  else
    return kKind == NormKind::kSquare ? fma(b, b, a) : a + abs(b);
}

template <NormKind kKind, class T>
LAMINA_INLINE double fold(int64_t n, const T* x) {
  constexpr int64_t kWidth = Vec<T>::width, kChains = 4;  // enough to hide the latency of an fma
  const int64_t whole = n / (kChains * kWidth) * (kChains * kWidth);
  Vec<T> chains[kChains];
  for (int64_t i = 0; i < whole; i += kChains * kWidth)
    for (int64_t c = 0; c < kChains; ++c)
      chains[c] = folded<kKind>(chains[c], Vec<T>::load(x + i + c * kWidth));
  walk<T>(n - whole, [&](int64_t i, auto part) {
    chains[0] = folded<kKind>(chains[0], part.load(x + whole + i));
  });
  if constexpr (kKind == NormKind::kLargest) {
    const Vec<T> all = maximum(maximum(chains[0], chains[1]), maximum(chains[2], chains[3]));
    return any(isnan(all)) ? __builtin_nan("") : static_cast<double>(hmax(all));
  } else {
    return static_cast<double>(hsum((chains[0] + chains[1]) + (chains[2] + chains[3])));
  }
}

template <class T>
void fold_norm(NormKind kind, int64_t n, const T* x, double* result) {
  *result = kind == NormKind::kSquare     ? fold<NormKind::kSquare>(n, x)
            : kind == NormKind::kAbsolute ? fold<NormKind::kAbsolute>(n, x)
                                          : fold<NormKind::kLargest>(n, x);
}

template <class T>
void scale(int64_t n, T* x, T factor) {
  walk<T>(n, [&](int64_t i, auto part) { part.store(x + i, part.load(x + i) * Vec<T>(factor)); });
}

template <class T>
void adadelta(int64_t n, const AdadeltaFactors& factors, const Updated<T>& at) {
  update<Adadelta>(n, factors, at);
}
template <class T>
void adagrad(int64_t n, const AdagradFactors& factors, const Updated<T>& at) {
  update<Adagrad>(n, factors, at);
}
template <class T>
void adam(int64_t n, const AdamFactors& factors, const Updated<T>& at) {
  at.state[2] ? update<Adam<true>>(n, factors, at) : update<Adam<false>>(n, factors, at);
}
template <class T>
void adamax(int64_t n, const AdamaxFactors& factors, const Updated<T>& at) {
  update<Adamax>(n, factors, at);
}
template <class T>
void asgd(int64_t n, const AsgdFactors& factors, const Updated<T>& at) {
  update<Asgd>(n, factors, at);
}
template <class T>
void lion(int64_t n, const LionFactors& factors, const Updated<T>& at) {
  update<Lion>(n, factors, at);
}
template <class T>
void nadam(int64_t n, const NadamFactors& factors, const Updated<T>& at) {
  update<Nadam>(n, factors, at);
}
template <class T>
void radam(int64_t n, const RadamFactors& factors, const Updated<T>& at) {
  update<Radam>(n, factors, at);
}
template <class T>
void rmsprop(int64_t n, const RmspropFactors& factors, const Updated<T>& at) {
  if (at.state[1])
    at.state[2] ? update<Rmsprop<true, true>>(n, factors, at)
                : update<Rmsprop<true, false>>(n, factors, at);
  else
    at.state[2] ? update<Rmsprop<false, true>>(n, factors, at)
                : update<Rmsprop<false, false>>(n, factors, at);
}
template <class T>
void rprop(int64_t n, const RpropFactors& factors, const Updated<T>& at) {
  update<Rprop>(n, factors, at);
}
template <class T>
void sgd(int64_t n, const SgdFactors& factors, const Updated<T>& at) {
  at.state[0] ? update<Sgd<true>>(n, factors, at) : update<Sgd<false>>(n, factors, at);
}

template <class T>
constexpr OptimizerKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/optimizer.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_optimizer(KernelTable& table) {
  table.optimizer_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

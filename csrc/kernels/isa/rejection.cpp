// Random numbers by rejection: gamma, Poisson and binomial variables, all in double precision.
#include "kernels/rejection.h"

#include "kernels/isa/gamma_slope.h"
#include "kernels/isa/philox.h"
#include "kernels/isa/vec_math.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

static_assert(kRejectionsPerBlock == kPhiloxCounters);

// The uniform numbers of one draw, two at a time.
class Stream {
 public:
  Stream(uint64_t seed, uint64_t counter) : seed_(seed), counter_(counter) {}

  double uniform() {
    if (left_ == 0) {
      words_ = philox(seed_, counter_, ++round_);
      left_ = 4;
    }
    left_ -= 2;
    return uniform01<double>(uint64_t{words_.word[left_]} << 32 | words_.word[left_ + 1]);
  }
  // Not 0, for logarithms.
  double positive() { return 1 - uniform(); }

  double normal() {
    const double radius = sqrt(-2 * log(positive()));
    return radius * cos(2 * kPi * uniform());
  }

 private:
  uint64_t seed_, counter_, round_ = 0;
  PhiloxWords words_{};
  int left_ = 0;
};

template <class T, class Draw>
void each(int64_t n, T* y, uint64_t seed, uint64_t block, Draw draw) {
  for (int64_t i = 0; i < n; ++i) {
    Stream stream(seed, block * kPhiloxCounters + static_cast<uint64_t>(i));
    y[i] = static_cast<T>(draw(i, stream));
  }
}

// Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). Below 1 a variable
// of one more is multiplied by u^(1/a), which as a logarithm does not underflow.
double draw_log_gamma(double a, Stream& stream) {
  if (!(a > 0)) return Layout<double>::kNan;
  const double boost = a < 1 ? log(stream.positive()) / a : 0;
  const double d = (a < 1 ? a + 1 : a) - 1.0 / 3;
  const double c = 1 / sqrt(9 * d);
  for (;;) {
    const double x = stream.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double u = stream.positive(), square = x * x, v = root * root * root;
    const bool surely = u < 1 - 0.0331 * square * square;
    if (surely || log(u) < 0.5 * square + d * (1 - v + log(v))) return log(d * v) + boost;
  }
}

// By adding up the probabilities p(k) = p(k - 1) ratio(k).
template <class Ratio>
double draw_by_inversion(double p, Ratio ratio, Stream& stream) {
  double rest = stream.uniform(), k = 0;
  for (; rest > p; ++k) {
    const double next = p * ratio(k + 1);
    if (next == 0) break;  // rounding left some of `rest`
    rest -= p;
    p = next;
  }
  return k;
}

// Hörmann, "The transformed rejection method for generating Poisson random variables" (1993) and
// "The generation of binomial random variates" (1993): under the hat numbers above `acceptance`
// are held against log_p, the logarithm of the probability but for a factor that `scale` contains.
struct Hat {
  double center, a, b, acceptance, scale;
};
template <class LogProbability>
double draw_from(const Hat& hat, double last, LogProbability log_p, Stream& stream) {
  for (;;) {
    const double u = stream.uniform() - 0.5, v = stream.positive();
    const double side = 0.5 - abs(u);
    const double k = floor((2 * hat.a / side + hat.b) * u + hat.center);
    if (side >= 0.07 && v <= hat.acceptance) return k;
    if (!(k >= 0 && k <= last) || (side < 0.013 && v > side)) continue;
    if (log(v * hat.scale / (hat.a / (side * side) + hat.b)) <= log_p(k)) return k;
  }
}

double draw_poisson(double rate, Stream& stream) {
  if (rate < 10) return draw_by_inversion(exp(-rate), [=](double k) { return rate / k; }, stream);
  const double b = 0.931 + 2.53 * sqrt(rate);
  const Hat hat{rate + 0.43, 0.02483 * b - 0.059, b, 0.9277 - 3.6224 / (b - 2),
                1.1239 + 1.1328 / (b - 3.4)};
  const double log_rate = log(rate);
  const auto log_p = [=](double k) { return k * log_rate - rate - lgamma(k + 1); };
  return draw_from(hat, Layout<double>::kInfinity, log_p, stream);
}

double draw_binomial(double count, double p, Stream& stream) {
  if (p > 0.5) return count - draw_binomial(count, 1 - p, stream);
  const double odds = p / (1 - p);
  if (count * p < 10) {
    const auto ratio = [=](double k) { return odds * (count - k + 1) / k; };
    return draw_by_inversion(exp(count * log1p(-p)), ratio, stream);
  }
  const double deviation = sqrt(count * p * (1 - p));
  const double b = 1.15 + 2.53 * deviation;
  const Hat hat{count * p + 0.5, 0.0248 * b + 0.01 * p - 0.0873, b, 0.92 - 4.2 / b,
                (2.83 + 5.1 / b) * deviation};
  const double mode = floor((count + 1) * p), log_odds = log(odds);
  const double most = lgamma(mode + 1) + lgamma(count - mode + 1);
  const auto log_p = [=](double k) {
    return most - lgamma(k + 1) - lgamma(count - k + 1) + (k - mode) * log_odds;
  };
  return draw_from(hat, count, log_p, stream);
}

template <class T>
void log_gamma_fwd(int64_t n, T* y, const T* concentration, uint64_t seed, uint64_t block) {
  each(n, y, seed, block,
       [=](int64_t i, Stream& stream) { return draw_log_gamma(concentration[i], stream); });
}

template <class T>
void log_gamma_bwd(int64_t n, T* grad_concentration, const T* concentration, const T* y,
                   const T* grad_y) {
  for (int64_t i = 0; i < n; ++i)
    grad_concentration[i] = static_cast<T>(grad_y[i] * gamma_slope<T>(concentration[i], y[i]));
}

template <class T>
void poisson(int64_t n, T* y, const T* rate, uint64_t seed, uint64_t block) {
  each(n, y, seed, block, [=](int64_t i, Stream& stream) { return draw_poisson(rate[i], stream); });
}

template <class T>
void binomial(int64_t n, T* y, const T* count, const T* p, uint64_t seed, uint64_t block) {
  each(n, y, seed, block,
       [=](int64_t i, Stream& stream) { return draw_binomial(count[i], p[i], stream); });
}

template <class T>
constexpr RejectionKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/rejection.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_rejection(KernelTable& table) {
  table.rejection_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

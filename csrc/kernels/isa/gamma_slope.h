// How a gamma variable moves with its concentration while the probability of a smaller one stays:
// the gradient of a draw by implicit reparameterization. How it is drawn stands in rejection.cpp.
#pragma once

#include <cstdint>

#include "kernels/isa/vec_math.h"

namespace lamina::LAMINA_ISA_NS {

// Where the sums below end; all is computed in double precision.
template <class T>
inline constexpr double kGammaSlopeError = sizeof(T) == sizeof(float) ? 1e-9 : 1e-15;

// With the distribution P(a, x) = x f(x) M(a, x) / a, where x f(x) = x^a e^-x / Gamma(a) and
// M = sum of t_k = x^k / ((a + 1) ... (a + k)), d log x / da = -(dP / da) / (x f(x)) is
//   (M (digamma(a + 1) - log x) + sum of t_k h_k) / a,   h_k = 1 / (a + 1) + ... + 1 / (a + k).
template <class T>
double gamma_slope_by_series(double a, double log_x) {
  const double x = exp(log_x);
  double term = 1, harmonic = 0, sum = 1, weighted = 0;
  for (double k = 1; term * (1 + harmonic) > kGammaSlopeError<T> * (sum + weighted); ++k) {
    term *= x / (a + k);
    harmonic += 1 / (a + k);
    sum += term;
    weighted += term * harmonic;
  }
  return (sum * (digamma(a + 1) - log_x) + weighted) / a;
}

// From the upper tail Q = x f(x) C(a, x) it is C (log x - digamma(a)) + dC / da, a sum of positive
// numbers. C is the continued fraction 1 / (b_0 + a_1 / (b_1 + a_2 / ...)) with b_i = x + 2i + 1 -
// a and a_i = i (a - i), taken by Lentz's method along with its derivative.
template <class T>
double gamma_slope_by_fraction(double a, double log_x) {
  double b = exp(log_x) + 1 - a;
  double d = 1 / b, d_slope = d * d;
  double inverse_c = 0, inverse_c_slope = 0;  // of the quotient of successive numerators
  double fraction = d, slope = d_slope;
  double factor = 0, factor_slope = 1;
  for (double i = 1; abs(factor - 1) + abs(factor_slope) > kGammaSlopeError<T>; ++i) {
    const double numerator = i * (a - i);
    b += 2;
    const double c = b + numerator * inverse_c;
    const double c_slope = -1 + i * inverse_c + numerator * inverse_c_slope;
    const double below = b + numerator * d;
    const double below_slope = -1 + i * d + numerator * d_slope;
    d = 1 / below;
    d_slope = -below_slope * d * d;
    inverse_c = 1 / c;
    inverse_c_slope = -c_slope * inverse_c * inverse_c;
    factor = c * d;
    factor_slope = c_slope * d + c * d_slope;
    slope = slope * factor + fraction * factor_slope;
    fraction *= factor;
  }
  return fraction * (log_x - digamma(a)) + slope;
}

// From the expansion by Cornish and Fisher in s = a^-1/2 of x / a at a fixed normal quantile z.
inline double gamma_slope_of_large(double a, double log_x) {
  const double s = 1 / sqrt(a), ratio = exp(log_x - log(a));
  double z = (ratio - 1) / s;
  double c2 = 0, c3 = 0, c4 = 0;
  for (int i = 0; i < 6; ++i) {
    c2 = (z * z - 1) / 3;
    c3 = z * (z * z - 7) / 36;
    c4 = (16 - z * z * (3 * z * z + 7)) / 810;
    z = ((ratio - 1) / s) - s * (c2 + s * (c3 + s * c4));
  }
  return (1 + s * (z / 2 - s * s * (c3 / 2 + s * c4))) / (a * ratio);
}

// The relative error is below 1e-12, in float32 below 1e-7, and above kLarge below 1e-8 within six
// deviations of the mean.
template <class T>
double gamma_slope(double a, double log_x) {
  constexpr double kLarge = 10000;
  if (!(a > 0) || isnan(log_x)) return Layout<double>::kNan;
  if (a > kLarge) return gamma_slope_of_large(a, log_x);
  const bool lower = log_x < log(max(a, 1.5));
  return lower ? gamma_slope_by_series<T>(a, log_x) : gamma_slope_by_fraction<T>(a, log_x);
}

}  // namespace lamina::LAMINA_ISA_NS

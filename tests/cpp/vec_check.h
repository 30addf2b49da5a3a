// Counting and comparing for test_vec_math.cpp: one line per failure, errors in units in the last
// place.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/isa/vec.h"

namespace lamina::LAMINA_ISA_NS {

struct Tally {
  int64_t passed = 0;
  int64_t failed = 0;
};
inline Tally tally;

template <class T>
bool same(T a, T b) {
  return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
}

// Prints the first failures of a check only: a broken kernel fails on most of its inputs.
template <class T>
void record(bool good, const char* check, T input, T got, double expected) {
  constexpr int64_t kPrinted = 20;
  if (good) {
    ++tally.passed;
  } else if (++tally.failed <= kPrinted) {
    std::printf("FAILED %s(%.17g) [%s]: got %.17g, expected %.17g\n", check,
                static_cast<double>(input), sizeof(T) == sizeof(float) ? "float" : "double",
                static_cast<double>(got), expected);
  }
}

template <class T>
void expect_same(const char* check, T input, T got, T expected) {
  record(same(got, expected), check, input, got, static_cast<double>(expected));
}

// |got - exact| in units of the last place of exact; any distance between finite and not is
// infinite, save that the largest finite value and infinity are neighbours.
template <class T, class Wide>
double ulps_apart(T got, Wide exact) {
  const T rounded = static_cast<T>(exact);
  if (same(got, rounded) && !std::isfinite(rounded)) return 0;
  constexpr T kLargest = std::numeric_limits<T>::max();
  const bool edge = std::abs(got) >= kLargest && std::abs(rounded) >= kLargest;
  if (edge && std::signbit(got) == std::signbit(rounded)) return got == rounded ? 0 : 1;
  const bool zeros = got == 0 && rounded == 0;
  if (!std::isfinite(got) || !std::isfinite(rounded) || (zeros && !same(got, rounded))) {
    return std::numeric_limits<double>::infinity();
  }
  const int exponent = std::max(std::ilogb(rounded), std::numeric_limits<T>::min_exponent - 1);
  const Wide unit = std::ldexp(Wide(1), exponent - (std::numeric_limits<T>::digits - 1));
  return static_cast<double>(std::abs(static_cast<Wide>(got) - exact) / unit);
}

template <class T>
std::vector<T> special_values() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {0,
                           Limits::denorm_min(),
                           Limits::min() / 2,
                           Limits::min(),
                           T(0.25),
                           T(0.5),
                           T(0.75),
                           1,
                           T(1.5),
                           2,
                           T(2.5),
                           T(3.5),
                           100,
                           Limits::max(),
                           Limits::infinity(),
                           Limits::quiet_NaN()};
  for (const T power :
       {T(0x1p22), T(0x1p23), T(0x1p24), T(0x1p51), T(0x1p52), T(0x1p53), T(0x1p62)}) {
    for (const T off : {T(-1), T(-0.5), T(0), T(0.5), T(1)}) values.push_back(power + off);
  }
  for (const T edge : {T(1), T(0.5), T(0.55), T(9.5), T(88.72284), T(709.782712893384), T(103.9721),
                       T(745.1332191019411), T(10000), T(1e6), T(1.57079632679489662)}) {
    values.push_back(std::nextafter(edge, T(0)));
    values.push_back(edge);
    values.push_back(std::nextafter(edge, Limits::max()));
  }
  const size_t positive = values.size();
  for (size_t i = 0; i < positive; ++i) values.push_back(-values[i]);
  return values;
}

// Volatile, lest the compiler compute the first samples itself, with another library's rounding.
inline volatile uint64_t seed = 0x9E3779B97F4A7C15U;

// A full-period generator is all the sampling needs, and it is the same everywhere.
struct Random {
  uint64_t state = seed;

  uint64_t bits() {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state ^ (state >> 33);
  }
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
  }
};

}  // namespace lamina::LAMINA_ISA_NS

// Checks of vec.h itself: loads, stores, masks, rounding, bits and reductions, lane by lane against
// scalar code.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include "vec_check.h"

namespace lamina::LAMINA_ISA_NS {

// One page of memory between two that may not be touched.
struct GuardedPage {
  size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  char* start;

  GuardedPage() {
    void* whole = mmap(nullptr, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    start = static_cast<char*>(whole) + size;
    mprotect(start, size, PROT_READ | PROT_WRITE);
  }
  ~GuardedPage() { munmap(start - size, 3 * size); }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;
};

template <class T>
void check_partial_at(T* place, T* untouched, int64_t n) {
  for (int64_t i = 0; i < n; ++i) place[i] = T(i + 1);
  const auto loaded = Vec<T>::load(place, n);
  for (int64_t i = 0; i < Vec<T>::width; ++i) {
    expect_same("load partial", T(n), loaded[i], i < n ? T(i + 1) : T(0));
  }
  if (untouched != nullptr) *untouched = T(-7);
  (loaded + T(1)).store(place, n);
  for (int64_t i = 0; i < n; ++i) expect_same("store partial", T(n), place[i], T(i + 2));
  if (untouched != nullptr) expect_same("store partial, next", T(n), *untouched, T(-7));
}

template <class T>
void check_memory() {
  const GuardedPage page;
  T* const first = reinterpret_cast<T*>(page.start);
  T* const end = reinterpret_cast<T*>(page.start + page.size);
  for (int64_t n = 0; n <= Vec<T>::width; ++n) {
    check_partial_at<T>(end - n, end - n - 1, n);
    check_partial_at<T>(first, first + n, n);
  }
  T* const odd = first + 1;
  Vec<T>(T(3)).store(odd);
  for (int64_t i = 0; i < Vec<T>::width; ++i) expect_same("store", T(i), odd[i], T(3));
  expect_same("broadcast -0", T(0), Vec<T>(-T(0))[0], -T(0));
}

// Each value with every other, in all lanes.
template <class T, class Check>
void for_each_pair(Check check) {
  for (const T a : special_values<T>()) {
    for (const T b : special_values<T>()) check(a, b);
  }
}

template <class T>
void expect_mask(const char* check, T a, Mask<T> got, bool expected) {
  const bool good = expected ? all(got) && got[0] : !any(got) && !got[Vec<T>::width - 1];
  record(good, check, a, T(got[0]), expected);
}

template <class T>
void check_comparisons(T a, T b) {
  const Vec<T> x(a);
  const Vec<T> y(b);
  expect_mask("==", a, x == y, a == b);
  expect_mask("!=", a, x != y, a != b);
  expect_mask("<", a, x < y, a < b);
  expect_mask("<=", a, x <= y, a <= b);
  expect_mask(">", a, x > y, a > b);
  expect_mask(">=", a, x >= y, a >= b);
  expect_mask("!", a, !(x < y), !(a < b));
  expect_mask("&", a, (x < y) & (x != y), a < b);
  expect_mask("|", a, (x < y) | (x == y), a <= b);
  expect_same("select", a, select(x < y, x, y)[0], a < b ? a : b);
  expect_same("min", a, min(x, y)[0], a < b ? a : b);
  expect_same("max", a, max(x, y)[0], a > b ? a : b);
  const bool either = std::isnan(a) || std::isnan(b);
  const T nan = std::numeric_limits<T>::quiet_NaN();
  expect_same("minimum", a, minimum(x, y)[0], either ? nan : (a < b ? a : b));
  expect_same("maximum", a, maximum(x, y)[0], either ? nan : (a > b ? a : b));
  expect_same("minimum of scalars", a, minimum(a, b), minimum(x, y)[0]);
  expect_same("copysign", a, copysign(x, y)[0], std::copysign(a, b));
}

template <class T>
void check_value(T a) {
  const Vec<T> x(a);
  expect_same("floor", a, floor(x)[0], std::floor(a));
  expect_same("ceil", a, ceil(x)[0], std::ceil(a));
  expect_same("trunc", a, trunc(x)[0], std::trunc(a));
  expect_same("round", a, round(x)[0], std::nearbyint(a));
  expect_same("round of a scalar", a, round(a), std::nearbyint(a));
  expect_same("abs", a, abs(x)[0], std::abs(a));
  expect_same("negation", a, (-x)[0], -a);
  expect_same("sqrt", a, sqrt(x)[0], std::sqrt(a));
  expect_same("rsqrt", a, rsqrt(x)[0], T(1) / std::sqrt(a));
  expect_same("bits there and back", a, from_bits(to_bits(x))[0], a);
  expect_mask("isnan", a, isnan(x), std::isnan(a));
  expect_mask("isinf", a, isinf(x), std::isinf(a));
  expect_mask("isfinite", a, isfinite(x), std::isfinite(a));
}

template <class T>
void check_integers() {
  using Int = typename IntVec<T>::Lane;
  for (const Int a : {Int(0), Int(1), Int(-1), Int(7), Int(-1000), Int(1) << 20}) {
    const IntVec<T> x(a);
    expect_same("int ops", T(a), T(((x + Int(3)) - (x & Int(6)))[0]), T(a + 3 - (a & 6)));
    expect_same("int shifts", T(a), T(((x << 2) >> 1)[0]), T(a * 2));
    expect_same("int bits", T(a), T(((x | Int(1)) ^ ~x)[0]), T((a | 1) ^ ~a));
    expect_same("to_float", T(a), to_float(x)[0], T(a));
    expect_same("to_int", T(a), T(to_int(to_float(x) + T(a < 0 ? -0.75 : 0.75))[0]), T(a));
    expect_mask("int >", T(a), x > Int(1), a > 1);
    expect_mask("int ==", T(a), x == Int(7), a == 7);
    expect_same("int select", T(a), T(select(x < Int(0), x, IntVec<T>(5))[0]), T(a < 0 ? a : 5));
  }
  for (const Int n : {Int(-126), Int(-1), Int(0), Int(10), Int(127)}) {
    expect_same("exp2i", T(n), exp2i(IntVec<T>(n))[0], std::ldexp(T(1), static_cast<int>(n)));
    expect_same("exp2i of a scalar", T(n), exp2i(n), std::ldexp(T(1), static_cast<int>(n)));
  }
}

template <class T>
void check_arithmetic() {
  Vec<T> x(T(5));
  x += T(3);
  x *= T(2);
  x -= T(1);
  x /= T(4);
  expect_same("compound forms", T(5), x[0], T(3.75));
  expect_same("mixed forms", T(5), (T(2) * x + x / T(2) - T(1))[0], T(8.375));
  expect_same("fma", T(5), fma(x, x, T(1))[0], T(15.0625));
  expect_same("fma of scalars", T(5), fma(T(3), T(5), T(1)), T(16));
#if !defined(LAMINA_ISA_BASELINE)
  const T tiny = std::numeric_limits<T>::epsilon();
  expect_same("fma, one rounding", tiny, fma(Vec<T>(1 + tiny), 1 - tiny, T(-1))[0], -tiny * tiny);
#endif
}

template <class T>
void check_reductions(Random& random) {
  constexpr int64_t kWidth = Vec<T>::width;
  for (int round = 0; round < 1000; ++round) {
    T lanes[kWidth];
    for (T& lane : lanes) lane = static_cast<T>(random.uniform(-1, 1));
    const auto x = Vec<T>::load(lanes);
    const int64_t odd = static_cast<int64_t>(random.bits() % kWidth);
    T folded[kWidth];
    std::memcpy(folded, lanes, sizeof lanes);
    T highest = lanes[0];
    T lowest = lanes[0];
    for (const T lane : lanes) highest = std::max(highest, lane), lowest = std::min(lowest, lane);
    for (int64_t half = kWidth / 2; half > 0; half /= 2) {
      for (int64_t i = 0; i < half; ++i) folded[i] = folded[i] + folded[i + half];
    }
    expect_same("hsum", lanes[0], hsum(x), folded[0]);
    expect_same("hmax", lanes[0], hmax(x), highest);
    expect_same("hmin", lanes[0], hmin(x), lowest);
    lanes[odd] = std::numeric_limits<T>::quiet_NaN();
    expect_same("hmax of NaN", T(odd), hmax(Vec<T>::load(lanes)), lanes[odd]);
    expect_same("hmin of NaN", T(odd), hmin(Vec<T>::load(lanes)), lanes[odd]);
  }
}

template <class T>
void check_operations() {
  Random random;
  check_memory<T>();
  for_each_pair<T>(check_comparisons<T>);
  for (const T a : special_values<T>()) check_value(a);
  for (int i = 0; i < 100000; ++i) {
    using Int = typename Layout<T>::Int;
    check_value(from_bits(static_cast<Int>(random.bits())));
    check_value(static_cast<T>(random.uniform(-1e4, 1e4)));
  }
  check_integers<T>();
  check_arithmetic<T>();
  check_reductions<T>(random);
}

}  // namespace lamina::LAMINA_ISA_NS

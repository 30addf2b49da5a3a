// One SIMD type a lane type, and the lane operations that read the same on a vector and on a
// scalar; exp and the like are in vec_math.h.
#pragma once

#include <cstdint>

#include "kernels/isa/vec_fold.h"
#include "kernels/isa/vec_native.h"
#include "kernels/isa/vec_scalar.h"

namespace lamina::LAMINA_ISA_NS {

template <class T>
struct Vec;

// One truth a lane. `!` is the negation that means the same on a bool; `~` is for masks alone.
template <class T>
struct Mask {
  native::Bits<T> raw;

  friend LAMINA_INLINE Mask operator&(Mask a, Mask b) { return {bits(a.raw & b.raw)}; }
  friend LAMINA_INLINE Mask operator|(Mask a, Mask b) { return {bits(a.raw | b.raw)}; }
  friend LAMINA_INLINE Mask operator~(Mask a) { return {bits(~a.raw)}; }
  friend LAMINA_INLINE Mask operator!(Mask a) { return ~a; }
  friend LAMINA_INLINE bool any(Mask a) { return native::any<T>(a.raw); }
  friend LAMINA_INLINE bool all(Mask a) { return !any(~a); }
  friend LAMINA_INLINE Vec<T> select(Mask mask, Vec<T> a, Vec<T> b) {
    return Vec<T>(native::blend<T>(mask.raw, a.raw, b.raw));
  }

  LAMINA_INLINE bool operator[](int64_t lane) const { return native::lane<T>(raw, lane); }

 private:
  template <class Raw>
  static LAMINA_INLINE native::Bits<T> bits(Raw raw) {
    return static_cast<native::Bits<T>>(raw);
  }
};

// The signed integers as wide as T: bit patterns, exponents, lane numbers. Overflow is not allowed.
template <class T>
struct IntVec {
  using Lane = typename Layout<T>::Int;
  using Raw = native::Ints<T>;
  Raw raw{};

  IntVec() = default;
  LAMINA_INLINE IntVec(Lane value) : raw(Raw{} + value) {}
  LAMINA_INLINE explicit IntVec(Raw value) : raw(value) {}

  friend LAMINA_INLINE IntVec operator+(IntVec a, IntVec b) { return IntVec(a.raw + b.raw); }
  friend LAMINA_INLINE IntVec operator-(IntVec a, IntVec b) { return IntVec(a.raw - b.raw); }
  friend LAMINA_INLINE IntVec operator&(IntVec a, IntVec b) { return IntVec(a.raw & b.raw); }
  friend LAMINA_INLINE IntVec operator|(IntVec a, IntVec b) { return IntVec(a.raw | b.raw); }
  friend LAMINA_INLINE IntVec operator^(IntVec a, IntVec b) { return IntVec(a.raw ^ b.raw); }
  friend LAMINA_INLINE IntVec operator~(IntVec a) { return IntVec(~a.raw); }
  friend LAMINA_INLINE IntVec operator<<(IntVec a, int n) { return IntVec(a.raw << n); }
  friend LAMINA_INLINE IntVec operator>>(IntVec a, int n) { return IntVec(a.raw >> n); }

  friend LAMINA_INLINE Mask<T> operator==(IntVec a, IntVec b) { return test<native::kEqual>(a, b); }
  friend LAMINA_INLINE Mask<T> operator<(IntVec a, IntVec b) { return test<native::kLess>(a, b); }
  friend LAMINA_INLINE Mask<T> operator>(IntVec a, IntVec b) { return b < a; }
  friend LAMINA_INLINE IntVec select(Mask<T> mask, IntVec a, IntVec b) {
    return IntVec(native::blend<T>(mask.raw, a.raw, b.raw));
  }

  friend LAMINA_INLINE Vec<T> from_bits(IntVec a) {
    return Vec<T>(reinterpret_cast<native::Floats<T>>(a.raw));
  }
  friend LAMINA_INLINE Vec<T> to_float(IntVec a) {
    return Vec<T>(__builtin_convertvector(a.raw, native::Floats<T>));
  }

  LAMINA_INLINE Lane operator[](int64_t lane) const { return raw[lane]; }

 private:
  template <int kOp>
  static LAMINA_INLINE Mask<T> test(IntVec a, IntVec b) {
    return {native::compare<T, kOp>(a.raw, b.raw)};
  }
};

template <class T>
struct Vec {
  using Raw = native::Floats<T>;
  static constexpr int64_t width = native::Raw<T>::kLanes;
  Raw raw{};

  Vec() = default;
  // value - 0 keeps the sign of a zero; value + 0 would not.
  LAMINA_INLINE Vec(T value) : raw(value - Raw{}) {}
  LAMINA_INLINE explicit Vec(Raw value) : raw(value) {}

  static LAMINA_INLINE Vec load(const T* from) {
    Vec result;
    __builtin_memcpy(&result.raw, from, sizeof(Raw));
    return result;
  }
  // The first n lanes, 0 <= n <= width; the others are zero and their memory is not touched.
  static LAMINA_INLINE Vec load(const T* from, int64_t n) {
    return Vec(native::load_partial(from, n));
  }
  LAMINA_INLINE void store(T* to) const { __builtin_memcpy(to, &raw, sizeof(Raw)); }
  LAMINA_INLINE void store(T* to, int64_t n) const { native::store_partial(to, n, raw); }
  LAMINA_INLINE T operator[](int64_t lane) const { return raw[lane]; }

  friend LAMINA_INLINE Vec operator+(Vec a, Vec b) { return Vec(a.raw + b.raw); }
  friend LAMINA_INLINE Vec operator-(Vec a, Vec b) { return Vec(a.raw - b.raw); }
  friend LAMINA_INLINE Vec operator*(Vec a, Vec b) { return Vec(a.raw * b.raw); }
  friend LAMINA_INLINE Vec operator/(Vec a, Vec b) { return Vec(a.raw / b.raw); }
  friend LAMINA_INLINE Vec operator-(Vec a) { return Vec(-a.raw); }
  LAMINA_INLINE Vec& operator+=(Vec b) { return *this = *this + b; }
  LAMINA_INLINE Vec& operator-=(Vec b) { return *this = *this - b; }
  LAMINA_INLINE Vec& operator*=(Vec b) { return *this = *this * b; }
  LAMINA_INLINE Vec& operator/=(Vec b) { return *this = *this / b; }

  friend LAMINA_INLINE Mask<T> operator==(Vec a, Vec b) { return test<native::kEqual>(a, b); }
  friend LAMINA_INLINE Mask<T> operator!=(Vec a, Vec b) { return test<native::kNotEqual>(a, b); }
  friend LAMINA_INLINE Mask<T> operator<(Vec a, Vec b) { return test<native::kLess>(a, b); }
  friend LAMINA_INLINE Mask<T> operator<=(Vec a, Vec b) { return test<native::kLessEqual>(a, b); }
  friend LAMINA_INLINE Mask<T> operator>(Vec a, Vec b) { return b < a; }
  friend LAMINA_INLINE Mask<T> operator>=(Vec a, Vec b) { return b <= a; }

  // As in x86: b where either is NaN. minimum and maximum below let NaN through.
  friend LAMINA_INLINE Vec min(Vec a, Vec b) { return Vec(native::min(a.raw, b.raw)); }
  friend LAMINA_INLINE Vec max(Vec a, Vec b) { return Vec(native::max(a.raw, b.raw)); }
  friend LAMINA_INLINE Vec fma(Vec a, Vec b, Vec c) {
    return Vec(native::fma(a.raw, b.raw, c.raw));
  }
  friend LAMINA_INLINE Vec sqrt(Vec a) { return Vec(native::sqrt(a.raw)); }
  friend LAMINA_INLINE Vec floor(Vec a) { return Vec(native::floor(a.raw)); }
  friend LAMINA_INLINE Vec ceil(Vec a) { return Vec(native::ceil(a.raw)); }
  friend LAMINA_INLINE Vec trunc(Vec a) { return Vec(native::trunc(a.raw)); }
  friend LAMINA_INLINE Vec round(Vec a) { return Vec(native::round(a.raw)); }

  friend LAMINA_INLINE Vec abs(Vec a) { return from_bits(to_bits(a) & ~sign_bit()); }
  friend LAMINA_INLINE Vec copysign(Vec a, Vec sign) {
    return from_bits((to_bits(a) & ~sign_bit()) | (to_bits(sign) & sign_bit()));
  }

  friend LAMINA_INLINE IntVec<T> to_bits(Vec a) {
    return IntVec<T>(reinterpret_cast<native::Ints<T>>(a.raw));
  }
  // Toward zero; a value that does not fit gives an unspecified integer.
  friend LAMINA_INLINE IntVec<T> to_int(Vec a) {
    return IntVec<T>(__builtin_convertvector(a.raw, native::Ints<T>));
  }

  friend LAMINA_INLINE T hsum(Vec a) { return native::fold<native::Sum>(a.raw); }
  friend LAMINA_INLINE T hmax(Vec a) { return native::fold<native::Maximum>(a.raw); }
  friend LAMINA_INLINE T hmin(Vec a) { return native::fold<native::Minimum>(a.raw); }

 private:
  template <int kOp>
  static LAMINA_INLINE Mask<T> test(Vec a, Vec b) {
    return {native::compare<T, kOp>(a.raw, b.raw)};
  }
  static LAMINA_INLINE IntVec<T> sign_bit() { return to_bits(Vec(-T(0))); }
};

// From here on each function is written once, for Vec and scalar.

template <class V>
struct TraitsOf {
  using Lane = V;
  using Int = typename Layout<V>::Int;
};
template <class T>
struct TraitsOf<Vec<T>> {
  using Lane = T;
  using Int = IntVec<T>;
};
template <class V>
using LaneOf = typename TraitsOf<V>::Lane;
template <class V>
using IntOf = typename TraitsOf<V>::Int;

template <class V>
inline constexpr bool kIsVec = false;
template <class T>
inline constexpr bool kIsVec<Vec<T>> = true;

template <class V>
concept Real = Scalar<V> || kIsVec<V>;

template <Real V>
LAMINA_INLINE auto isnan(V a) {
  return a != a;
}

template <Real V>
LAMINA_INLINE auto isinf(V a) {
  return abs(a) == V(Layout<LaneOf<V>>::kInfinity);
}

template <Real V>
LAMINA_INLINE auto isfinite(V a) {
  return abs(a) < V(Layout<LaneOf<V>>::kInfinity);
}

// As NumPy and PyTorch have them: NaN where either is NaN.
template <Real V>
LAMINA_INLINE V minimum(V a, V b) {
  return select(isnan(a), a, min(a, b));
}

template <Real V>
LAMINA_INLINE V maximum(V a, V b) {
  return select(isnan(a), a, max(a, b));
}

template <Real V>
LAMINA_INLINE V rsqrt(V a) {
  return V(1) / sqrt(a);
}

// 2^n; n must be the exponent of a normal number.
template <class Int>
LAMINA_INLINE auto exp2i(Int n) {
  using L = Layout<LaneOf<decltype(to_float(n))>>;
  return from_bits((n + L::kExponentBias) << L::kMantissaBits);
}

}  // namespace lamina::LAMINA_ISA_NS

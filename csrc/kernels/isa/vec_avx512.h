// Lane operations and masks of AVX-512: a mask is one bit a lane.
#pragma once

#include <immintrin.h>

#include "kernels/isa/vec_native.h"

namespace lamina::LAMINA_ISA_NS::native {

template <class T>
struct BitMask;
template <>
struct BitMask<float> {
  using Bits = __mmask16;
};
template <>
struct BitMask<double> {
  using Bits = __mmask8;
};
template <class T>
using Bits = typename BitMask<T>::Bits;

template <class T, int kOp>
LAMINA_INLINE __mmask16 compare(Floats<float> a, Floats<float> b) {
  return _mm512_cmp_ps_mask(a, b, kOp);
}
template <class T, int kOp>
LAMINA_INLINE __mmask8 compare(Floats<double> a, Floats<double> b) {
  return _mm512_cmp_pd_mask(a, b, kOp);
}
template <class T, int kOp>
LAMINA_INLINE __mmask16 compare(Ints<float> a, Ints<float> b) {
  return _mm512_cmp_epi32_mask(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b), kOp);
}
template <class T, int kOp>
LAMINA_INLINE __mmask8 compare(Ints<double> a, Ints<double> b) {
  return _mm512_cmp_epi64_mask(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b), kOp);
}

template <class T>
LAMINA_INLINE Floats<float> blend(__mmask16 mask, Floats<float> a, Floats<float> b) {
  return _mm512_mask_blend_ps(mask, b, a);
}
template <class T>
LAMINA_INLINE Floats<double> blend(__mmask8 mask, Floats<double> a, Floats<double> b) {
  return _mm512_mask_blend_pd(mask, b, a);
}
template <class T>
LAMINA_INLINE Ints<float> blend(__mmask16 mask, Ints<float> a, Ints<float> b) {
  return reinterpret_cast<Ints<float>>(
      _mm512_mask_blend_epi32(mask, reinterpret_cast<__m512i>(b), reinterpret_cast<__m512i>(a)));
}
template <class T>
LAMINA_INLINE Ints<double> blend(__mmask8 mask, Ints<double> a, Ints<double> b) {
  return reinterpret_cast<Ints<double>>(
      _mm512_mask_blend_epi64(mask, reinterpret_cast<__m512i>(b), reinterpret_cast<__m512i>(a)));
}

template <class T>
LAMINA_INLINE bool any(Bits<T> mask) {
  return mask != 0;
}

template <class T>
LAMINA_INLINE bool lane(Bits<T> mask, int64_t i) {
  return ((mask >> i) & 1) != 0;
}

template <class T>
LAMINA_INLINE Bits<T> first_lanes(int64_t n) {
  return static_cast<Bits<T>>((1U << n) - 1U);
}

LAMINA_INLINE __m512 load_partial(const float* from, int64_t n) {
  return _mm512_maskz_loadu_ps(first_lanes<float>(n), from);
}
LAMINA_INLINE __m512d load_partial(const double* from, int64_t n) {
  return _mm512_maskz_loadu_pd(first_lanes<double>(n), from);
}
LAMINA_INLINE void store_partial(float* to, int64_t n, __m512 value) {
  _mm512_mask_storeu_ps(to, first_lanes<float>(n), value);
}
LAMINA_INLINE void store_partial(double* to, int64_t n, __m512d value) {
  _mm512_mask_storeu_pd(to, first_lanes<double>(n), value);
}

// The forms without a mask make GCC 12 warn of its own headers; a full mask compiles to the same.
inline constexpr __mmask16 kAll16 = 0xFFFF;
inline constexpr __mmask8 kAll8 = 0xFF;

LAMINA_INLINE __m512 min(__m512 a, __m512 b) { return _mm512_maskz_min_ps(kAll16, a, b); }
LAMINA_INLINE __m512d min(__m512d a, __m512d b) { return _mm512_maskz_min_pd(kAll8, a, b); }
LAMINA_INLINE __m512 max(__m512 a, __m512 b) { return _mm512_maskz_max_ps(kAll16, a, b); }
LAMINA_INLINE __m512d max(__m512d a, __m512d b) { return _mm512_maskz_max_pd(kAll8, a, b); }

LAMINA_INLINE __m512 fma(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
LAMINA_INLINE __m512d fma(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }

LAMINA_INLINE __m512 sqrt(__m512 a) { return _mm512_maskz_sqrt_ps(kAll16, a); }
LAMINA_INLINE __m512d sqrt(__m512d a) { return _mm512_maskz_sqrt_pd(kAll8, a); }

// x * 2^n for whole n, rounded once.
LAMINA_INLINE __m512 scale(__m512 x, __m512 n) { return _mm512_maskz_scalef_ps(kAll16, x, n); }
LAMINA_INLINE __m512d scale(__m512d x, __m512d n) { return _mm512_maskz_scalef_pd(kAll8, x, n); }

inline constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
inline constexpr int kDown = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
inline constexpr int kUp = _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC;
inline constexpr int kTowardZero = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
// x = 2^exponent(x) fraction(x) in [3/4, 3/2), for subnormal x too; defined for every x.
LAMINA_INLINE __m512 fraction(__m512 x) {
  return _mm512_maskz_getmant_ps(kAll16, x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_zero);
}
LAMINA_INLINE __m512d fraction(__m512d x) {
  return _mm512_maskz_getmant_pd(kAll8, x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_zero);
}
LAMINA_INLINE __m512 exponent(__m512 x, __m512 fraction) {
  return _mm512_maskz_getexp_ps(kAll16, x) - _mm512_maskz_getexp_ps(kAll16, fraction);
}
LAMINA_INLINE __m512d exponent(__m512d x, __m512d fraction) {
  return _mm512_maskz_getexp_pd(kAll8, x) - _mm512_maskz_getexp_pd(kAll8, fraction);
}

// The logarithm, where x has one; else minus infinity, infinity or NaN as x is. The constant holds
// four bits a class of x, from the lowest: NaN twice, 0, 1, minus infinity, infinity, < 0, > 0.
inline constexpr int kLogOfClass = 0x03538422;
LAMINA_INLINE __m512 or_special_log(__m512 log, __m512 x) {
  return _mm512_fixupimm_ps(log, x, _mm512_set1_epi32(kLogOfClass), 0);
}
LAMINA_INLINE __m512d or_special_log(__m512d log, __m512d x) {
  return _mm512_fixupimm_pd(log, x, _mm512_set1_epi64(kLogOfClass), 0);
}

LAMINA_INLINE __m512 round(__m512 a) { return _mm512_maskz_roundscale_ps(kAll16, a, kNearest); }
LAMINA_INLINE __m512d round(__m512d a) { return _mm512_maskz_roundscale_pd(kAll8, a, kNearest); }
LAMINA_INLINE __m512 floor(__m512 a) { return _mm512_maskz_roundscale_ps(kAll16, a, kDown); }
LAMINA_INLINE __m512d floor(__m512d a) { return _mm512_maskz_roundscale_pd(kAll8, a, kDown); }
LAMINA_INLINE __m512 ceil(__m512 a) { return _mm512_maskz_roundscale_ps(kAll16, a, kUp); }
LAMINA_INLINE __m512d ceil(__m512d a) { return _mm512_maskz_roundscale_pd(kAll8, a, kUp); }
LAMINA_INLINE __m512 trunc(__m512 a) { return _mm512_maskz_roundscale_ps(kAll16, a, kTowardZero); }
LAMINA_INLINE __m512d trunc(__m512d a) { return _mm512_maskz_roundscale_pd(kAll8, a, kTowardZero); }

}  // namespace lamina::LAMINA_ISA_NS::native

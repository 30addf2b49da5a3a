// Lane operations of AVX2 and FMA; masks come from vec_wide_mask.h.
#pragma once

#include <immintrin.h>

#include "kernels/isa/vec_native.h"
#include "kernels/isa/vec_wide_mask.h"

namespace lamina::LAMINA_ISA_NS::native {

LAMINA_INLINE __m256i first_lanes(const float*, int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
LAMINA_INLINE __m256i first_lanes(const double*, int64_t n) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}

LAMINA_INLINE __m256 load_partial(const float* from, int64_t n) {
  return _mm256_maskload_ps(from, first_lanes(from, n));
}
LAMINA_INLINE __m256d load_partial(const double* from, int64_t n) {
  return _mm256_maskload_pd(from, first_lanes(from, n));
}
LAMINA_INLINE void store_partial(float* to, int64_t n, __m256 value) {
  _mm256_maskstore_ps(to, first_lanes(to, n), value);
}
LAMINA_INLINE void store_partial(double* to, int64_t n, __m256d value) {
  _mm256_maskstore_pd(to, first_lanes(to, n), value);
}

LAMINA_INLINE __m256 min(__m256 a, __m256 b) { return _mm256_min_ps(a, b); }
LAMINA_INLINE __m256d min(__m256d a, __m256d b) { return _mm256_min_pd(a, b); }
LAMINA_INLINE __m256 max(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
LAMINA_INLINE __m256d max(__m256d a, __m256d b) { return _mm256_max_pd(a, b); }

LAMINA_INLINE __m256 fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
LAMINA_INLINE __m256d fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }

LAMINA_INLINE __m256 sqrt(__m256 a) { return _mm256_sqrt_ps(a); }
LAMINA_INLINE __m256d sqrt(__m256d a) { return _mm256_sqrt_pd(a); }
LAMINA_INLINE __m256 floor(__m256 a) { return _mm256_floor_ps(a); }
LAMINA_INLINE __m256d floor(__m256d a) { return _mm256_floor_pd(a); }
LAMINA_INLINE __m256 ceil(__m256 a) { return _mm256_ceil_ps(a); }
LAMINA_INLINE __m256d ceil(__m256d a) { return _mm256_ceil_pd(a); }

inline constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
inline constexpr int kTowardZero = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
LAMINA_INLINE __m256 round(__m256 a) { return _mm256_round_ps(a, kNearest); }
LAMINA_INLINE __m256d round(__m256d a) { return _mm256_round_pd(a, kNearest); }
LAMINA_INLINE __m256 trunc(__m256 a) { return _mm256_round_ps(a, kTowardZero); }
LAMINA_INLINE __m256d trunc(__m256d a) { return _mm256_round_pd(a, kTowardZero); }

}  // namespace lamina::LAMINA_ISA_NS::native

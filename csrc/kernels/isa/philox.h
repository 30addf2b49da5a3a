// Philox4x32-10, a random generator that is a pure function of seed and counter, and what turns
// its words into numbers; which draw goes to which element does not belong here.
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include <cstdint>

#ifdef LAMINA_ISA_NS
namespace lamina::LAMINA_ISA_NS {
#else
namespace lamina {
#endif

#define LAMINA_PHILOX static inline __attribute__((always_inline))

#if defined(__AVX512F__)
constexpr int kPhiloxVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kPhiloxVectorBytes = 32;
#else
constexpr int kPhiloxVectorBytes = 16;
#endif
constexpr int kPhiloxVectorLanes = kPhiloxVectorBytes / 8;
typedef uint64_t PhiloxVector __attribute__((vector_size(kPhiloxVectorBytes)));
typedef uint32_t PhiloxHalfVector __attribute__((vector_size(kPhiloxVectorBytes / 2)));

// The product of the lower halves. Compilers do not find the one instruction by themselves.
LAMINA_PHILOX uint64_t low_product(uint64_t a, uint64_t b) {
  return uint64_t{static_cast<uint32_t>(a)} * static_cast<uint32_t>(b);
}
LAMINA_PHILOX PhiloxVector low_product(PhiloxVector a, uint64_t b) {
  const PhiloxVector factor = PhiloxVector{} + b;
#if defined(__AVX512F__)  // masked, for GCC 12 warns of the unmasked one
  return reinterpret_cast<PhiloxVector>(_mm512_maskz_mul_epu32(0xFF, reinterpret_cast<__m512i>(a),
                                                               reinterpret_cast<__m512i>(factor)));
#elif defined(__AVX2__)
  return reinterpret_cast<PhiloxVector>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(factor)));
#elif defined(__SSE2__)
  return reinterpret_cast<PhiloxVector>(
      _mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(factor)));
#elif defined(__ARM_NEON)
  const auto low = [](PhiloxVector v) { return vmovn_u64(reinterpret_cast<uint64x2_t>(v)); };
  return reinterpret_cast<PhiloxVector>(vmull_u32(low(a), low(factor)));
#else
  return (a & 0xFFFFFFFF) * factor;
#endif
}

// The ten rounds of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011), on words
// in the lower halves of 64-bit lanes; what gathers in the upper halves never comes down.
template <class Lanes>
LAMINA_PHILOX void philox_rounds(uint64_t seed, Lanes (&x)[4]) {
  uint64_t key0 = seed;
  uint64_t key1 = seed >> 32;
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const Lanes even = low_product(x[0], 0xD2511F53);
    const Lanes odd = low_product(x[2], 0xCD9E8D57);
    x[0] = (odd >> 32) ^ x[1] ^ key0;
    x[2] = (even >> 32) ^ x[3] ^ key1;
    x[1] = odd;
    x[3] = even;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
}

struct PhiloxWords {
  uint32_t word[4];
};

LAMINA_PHILOX PhiloxWords philox(uint64_t seed, uint64_t counter_lo, uint64_t counter_hi) {
  uint64_t x[4] = {counter_lo, counter_lo >> 32, counter_hi, counter_hi >> 32};
  philox_rounds(seed, x);
  return {{static_cast<uint32_t>(x[0]), static_cast<uint32_t>(x[1]), static_cast<uint32_t>(x[2]),
           static_cast<uint32_t>(x[3])}};
}

constexpr int kPhiloxCounters = 16;
constexpr int kPhiloxBlock = 4 * kPhiloxCounters;

// The words of kPhiloxCounters successive values of counter_lo: word w of the c-th goes to
// words[w * kPhiloxCounters + c], in the same order on every instruction set.
LAMINA_PHILOX void philox_block(uint64_t seed, uint64_t counter_lo, uint64_t counter_hi,
                                uint32_t* words) {
  PhiloxVector lane;
  for (int i = 0; i < kPhiloxVectorLanes; ++i) lane[i] = static_cast<uint64_t>(i);
  for (int c = 0; c < kPhiloxCounters; c += kPhiloxVectorLanes) {
    const PhiloxVector low = lane + (counter_lo + static_cast<uint64_t>(c));
    const PhiloxVector high = PhiloxVector{} + counter_hi;
    PhiloxVector x[4] = {low, low >> 32, high, high >> 32};
    philox_rounds(seed, x);
    for (int w = 0; w < 4; ++w) {
      const PhiloxHalfVector half = __builtin_convertvector(x[w], PhiloxHalfVector);
      __builtin_memcpy(words + w * kPhiloxCounters + c, &half, sizeof half);
    }
  }
}

// Uniform in [0, 1): the upper 24 bits of 32 make a float, the upper 53 of 64 a double.
template <class T, class Bits>
LAMINA_PHILOX T uniform01(Bits bits) {
  static_assert(sizeof(T) == sizeof(Bits));
  if constexpr (sizeof(T) == sizeof(float)) {
    return static_cast<T>(static_cast<int32_t>(bits >> 8)) * T(0x1p-24);
  } else {
    return static_cast<T>(static_cast<int64_t>(bits >> 11)) * T(0x1p-53);
  }
}

// Uniform in [0, n), n > 0; no value is likelier than another by more than n / 2^64.
LAMINA_PHILOX uint64_t uniform_int(uint64_t bits, uint64_t n) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * n) >> 64);
}

#undef LAMINA_PHILOX

}  // namespace lamina

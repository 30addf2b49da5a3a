// The raw vector types of the ISA being compiled and the numbers that describe their lanes; users
// include vec.h instead.
#pragma once

#include <cstdint>

#define LAMINA_INLINE inline __attribute__((always_inline))

namespace lamina::LAMINA_ISA_NS {

template <class T>
struct Layout;

template <>
struct Layout<float> {
  using Int = int32_t;
  static constexpr int kMantissaBits = 23;
  static constexpr int kExponentBias = 127;
  static constexpr float kInfinity = __builtin_inff();
  static constexpr float kNan = __builtin_nanf("");
};

template <>
struct Layout<double> {
  using Int = int64_t;
  static constexpr int kMantissaBits = 52;
  static constexpr int kExponentBias = 1023;
  static constexpr double kInfinity = __builtin_inf();
  static constexpr double kNan = __builtin_nan("");
};

namespace native {

#if defined(LAMINA_ISA_AVX512)
inline constexpr int kVectorBytes = 64;
#elif defined(LAMINA_ISA_AVX2)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <class T>
struct Raw {
  static constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
  typedef T Floats __attribute__((vector_size(kVectorBytes)));
  typedef typename Layout<T>::Int Ints __attribute__((vector_size(kVectorBytes)));
};
template <class T>
using Floats = typename Raw<T>::Floats;
template <class T>
using Ints = typename Raw<T>::Ints;

// Numbered as x86 numbers its predicates, for floats and integers alike.
enum Compare : int { kEqual = 0, kLess = 1, kLessEqual = 2, kNotEqual = 4 };

}  // namespace native
}  // namespace lamina::LAMINA_ISA_NS

#if defined(LAMINA_ISA_AVX512)
#include "kernels/isa/vec_avx512.h"
#elif defined(LAMINA_ISA_AVX2)
#include "kernels/isa/vec_avx2.h"
#else
#include "kernels/isa/vec_portable.h"
#endif

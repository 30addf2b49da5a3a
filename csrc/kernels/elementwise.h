// The elementwise functions by name: enumerations over the lists, and the kernel signatures they
// share.
#pragma once

#include <cstdint>

#include "kernels/strip.h"

namespace lamina {

enum class UnaryOp : uint8_t {
#define UNARY(name, formula, saves, on_integers) name,
#include "kernels/unary.def"
#undef UNARY
  kCount
};
enum class ScaledOp : uint8_t {
#define SCALED(name, formula, saves) name,
#include "kernels/scaled.def"
#undef SCALED
  kCount
};
enum class BinaryOp : uint8_t {
#define BINARY(name, formula, domain) name,
#include "kernels/binary.def"
#undef BINARY
  kCount
};
enum class CompareOp : uint8_t {
#define COMPARE(name, expression) name,
#include "kernels/compare.def"
#undef COMPARE
  kCount
};

// What a gradient formula needs besides the incoming gradient.
enum class Saves : uint8_t { kNothing, kInput, kOutput, kZero };
enum class OnIntegers : uint8_t { kPromote, kKeep, kIdentity };
enum class Domain : uint8_t { kAll, kFloating, kScalarAll, kInteger };

// y = f(x); p points to the numbers of a scaled op.
template <class T>
using UnaryKernel = void(const Strip& strip, T* y, const T* x, const double* p);
// grad_x = f'(saved) * grad_y, where saved is x or y.
template <class T>
using UnaryGradKernel = void(const Strip& strip, T* grad_x, const T* saved, const T* grad_y,
                             const double* p);
template <class T>
using BinaryKernel = void(const Strip& strip, T* y, const T* a, const T* b);
template <class T>
using CompareKernel = void(const Strip& strip, bool* y, const T* a, const T* b);

template <class T>
struct FloatElementwise {
  UnaryKernel<T>* unary_fwd[static_cast<int>(UnaryOp::kCount)];
  UnaryGradKernel<T>* unary_bwd[static_cast<int>(UnaryOp::kCount)];
  UnaryKernel<T>* scaled_fwd[static_cast<int>(ScaledOp::kCount)];
  UnaryGradKernel<T>* scaled_bwd[static_cast<int>(ScaledOp::kCount)];
};
// Null where the domain of a list line leaves a type out.
template <class T>
struct NumberElementwise {
  UnaryKernel<T>* unary_fwd[static_cast<int>(UnaryOp::kCount)];
  BinaryKernel<T>* binary[static_cast<int>(BinaryOp::kCount)];
  CompareKernel<T>* compare[static_cast<int>(CompareOp::kCount)];
};

}  // namespace lamina

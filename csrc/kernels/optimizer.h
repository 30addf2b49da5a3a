// The kernels of optimizer updates, one pointer a line of optimizer.def, and what they work on. A
// step's scalar arithmetic (bias corrections and the like) is done before, in
// ops/optimizer_rules.h.
#pragma once

#include <cstdint>

namespace lamina {

inline constexpr int kMaxUpdateArrays = 3;

// A parameter, its gradient and its state, in the order that the kernel names; null is an array
// that this variant of the optimizer does without.
template <class T>
struct Updated {
  T* param;
  const T* grad;
  T* state[kMaxUpdateArrays];
};

// What comes before every formula: param *= shrink, grad = +-grad + coupled * param.
struct Decay {
  bool negate;
  double coupled, shrink;
};

struct AdadeltaFactors {
  Decay decay;
  double lr, rho, eps;
};
struct AdagradFactors {
  Decay decay;
  double lr, eps;
};
struct AdamFactors {
  Decay decay;
  double beta1, beta2, eps;
  double step_size;      // lr / (1 - beta1^t)
  double inverse_scale;  // 1 / sqrt(1 - beta2^t)
};
struct AdamaxFactors {
  Decay decay;
  double beta1, beta2, eps, step_size;
};
struct AsgdFactors {
  Decay decay;  // shrink is 1 - lambd * eta
  double eta, mu;
};
struct LionFactors {
  Decay decay;
  double lr, beta1, beta2;
};
struct NadamFactors {
  Decay decay;
  double beta1, beta2, eps;
  double inverse_correction;  // 1 / (1 - beta2^t)
  double of_grad, of_mean;    // step sizes
};
struct RadamFactors {
  Decay decay;
  double beta1, beta2, eps, step_size;
  double rectified;  // 0 while the variance of the steps is not tractable
};
struct RmspropFactors {
  Decay decay;
  double lr, alpha, eps, momentum;
  bool nesterov;
};
struct RpropFactors {
  Decay decay;
  double eta_minus, eta_plus, smallest, largest;
};
struct SgdFactors {
  Decay decay;
  double lr, momentum, dampening;
  bool nesterov;
};

// What a norm adds up, or takes the largest of.
enum class NormKind { kAbsolute, kSquare, kLargest };

template <class T>
struct OptimizerKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/optimizer.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

// The kernels of losses, one pointer a line of loss.def and a pair a line of pair_loss.def, and
// what they work on.
#pragma once

#include <cstdint>

#include "kernels/softmax_block.h"

namespace lamina {

enum class PairLoss : uint8_t {
#define PAIR_LOSS(name, Formula, target) name,
#include "kernels/pair_loss.def"
#undef PAIR_LOSS
  kCount
};

// Inputs and targets, side by side, and the plain numbers of the formula.
template <class T>
struct LossPairs {
  int64_t n;
  const T* x;
  const T* target;
  const T* p;
};

// What arrives from behind: grad[i * step] * scale.
template <class T>
struct LossGrad {
  const T* grad;
  int64_t step;  // 1, or 0 for one number that holds for all
  T scale;
};

template <class T>
struct PairLossKernels {
  void (*fwd)(const LossPairs<T>& pairs, T* loss);
  void (*bwd)(const LossPairs<T>& pairs, const LossGrad<T>& grad, T* grad_x);
};

// The lines of one call of a kernel on class scores, whose state stays beside them.
inline constexpr int64_t kMostClassLines = 1024;

// total[line] softmax(x) - share[line] weight[class]; null shares are zeros, null weights ones.
template <class T>
struct ClassGrad {
  const T* logsumexp;
  const T* total;
  const T* share;
  const T* weight;
};

template <class T>
struct LossKernels {
  PairLossKernels<T> pairs[static_cast<int>(PairLoss::kCount)];
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/loss.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

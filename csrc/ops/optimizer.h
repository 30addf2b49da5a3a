// The updates of optimizers, in place: one launch for all parameters of a group. What a group is,
// and where state is kept, is Python's business.
#pragma once

#include <array>
#include <span>

#include "core/tensor.h"

namespace lamina {

inline constexpr int kMaxUpdateState = 4;

// A parameter, its gradient and its state: the rule's arrays (empty handles for those that a
// variant lacks, the same ones in each row), then its scalars, 0-d of type float32.
struct UpdateRow {
  Tensor param, grad;
  std::array<Tensor, kMaxUpdateState> state;
};

struct UpdateRule {
  const char* name;
  int arrays, scalars;
  int hypers;  // numbers of type float64 in `hyper`, read when the launch runs
  void (*update)(std::span<const UpdateRow> rows, const Tensor& hyper);
};

// All that there are; ops/optimizer_rules.h says what each takes.
std::span<const UpdateRule> update_rules();

}  // namespace lamina

// What one call of a softmax kernel works on.
#pragma once

#include <cstdint>

namespace lamina {

// `lines` times `n` numbers that add up to 1. All operands have the same strides; either the
// numbers of a line are adjacent (stride 1, lines n apart) or the lines are (first numbers
// adjacent).
struct SoftmaxBlock {
  int64_t lines;
  int64_t n, stride;
};

}  // namespace lamina

// A two-dimensional strided loop: what the layers above reduce every elementwise walk to.
#pragma once

#include <cstdint>

namespace lamina {

inline constexpr int kMaxStripOperands = 4;

// `rows` rows of `n` elements. Operand 0 is the result; strides count elements, and 0 repeats an
// element.
struct Strip {
  int64_t n;
  int64_t rows;
  int64_t inner[kMaxStripOperands];
  int64_t outer[kMaxStripOperands];
};

}  // namespace lamina

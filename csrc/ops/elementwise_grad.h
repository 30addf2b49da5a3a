// What elementwise ops need for their way back: which value to keep, and the gradient formulas as
// compositions of tensor ops.
#pragma once

#include "autograd/node.h"
#include "kernels/elementwise.h"

namespace lamina {

// grad_x from the saved value (x or y) and grad_y; p are the numbers of a scaled op.
using UnaryGrad = Tensor (*)(const Tensor& saved, const Tensor& grad, const double* p);

struct UnaryInfo {
  const char* name;
  const char* name_;  // of the in-place form
  Saves saves;
  OnIntegers on_integers;
  UnaryGrad grad;
};
const UnaryInfo& info(UnaryOp op);
const UnaryInfo& info(ScaledOp op);

struct BinaryGradInputs {
  const Tensor& grad;
  const Tensor& a;
  const Tensor& b;
  const Tensor& y;
};
using BinaryGrad = Tensor (*)(const BinaryGradInputs& in);

struct BinaryInfo {
  const char* name;
  const char* name_;
  Domain domain;
  // Which values each of the two formulas reads.
  struct Side {
    BinaryGrad grad;
    bool reads_a, reads_b, reads_y;
  };
  Side a, b;  // grad is null where the op has no gradient
};
const BinaryInfo& info(BinaryOp op);

}  // namespace lamina

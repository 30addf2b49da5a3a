// What the normalizations share: the checks of their parameters, and their gradient as a
// composition of differentiable ops.
#pragma once

#include "autograd/node.h"
#include "core/tensor.h"

namespace lamina {

// Weight and bias are empty or of this shape and of x's type.
void check_affine(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Dims& sizes);
// Both or neither are given; to be `moved`, they must be contiguous.
void check_running(const char* op, const Tensor& x, const Tensor& mean, const Tensor& var,
                   bool moved);

// x seen in a shape of which some dimensions share their statistics and some their parameters.
struct NormView {
  Dims sizes;
  Dims normalized;  // dimensions over which statistics are taken
  Dims repeated;    // dimensions over which weight and bias are the same
  double eps;
  bool centered = true;
};

// The fixed statistics of a normalization that does not take those of x.
struct FixedStats {
  Tensor mean, rstd;
};

// Sets the gradients of the inputs x, weight, bias (0, 1, 2).
void set_composed_grads(autograd::Backward& b, const NormView& view, const Tensor& x,
                        const Tensor& weight, const FixedStats& fixed = {});

}  // namespace lamina

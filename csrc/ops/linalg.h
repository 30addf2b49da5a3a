// Products of matrices and vectors, on the GEMM driver.
#pragma once

#include "core/tensor.h"

namespace lamina {

// As numpy.matmul: vectors, matrices, and stacks of matrices with broadcasting.
[[nodiscard]] Tensor matmul(const Tensor& a, const Tensor& b, const char* op = "matmul");
// beta * input + alpha * a @ b for matrices a and b; input is broadcast.
[[nodiscard]] Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta,
                           double alpha);
// x @ weight.T + bias over the last dimension of x; bias may be empty.
[[nodiscard]] Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace lamina

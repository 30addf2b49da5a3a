// Convolution and transposed convolution in one to three dimensions, with their gradients.
#pragma once

#include "core/tensor.h"

namespace lamina {

// One number for every dimension, or one each.
struct ConvOptions {
  Dims stride{1}, padding{0}, dilation{1};
  int64_t groups = 1;
};

// x (N, C, ...) or (C, ...), weight (F, C / groups, ...), bias (F) or empty. `dims` is how many
// dimensions follow the channels; errors name the op conv<dims>d.
[[nodiscard]] Tensor conv(int dims, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const ConvOptions& options);
// Padded such that the result has x's size: where that is odd, one more behind.
[[nodiscard]] Tensor conv_same(int dims, const Tensor& x, const Tensor& weight, const Tensor& bias,
                               const ConvOptions& options);
// The gradient of such a convolution as an op of its own: x (N, C, ...), weight (C, F / groups,
// ...); the result is `output_padding` larger than it need be.
[[nodiscard]] Tensor conv_transpose(int dims, const Tensor& x, const Tensor& weight,
                                    const Tensor& bias, const ConvOptions& options,
                                    const Dims& output_padding);

}  // namespace lamina

// Normalization to mean 0 and variance 1, then times a weight plus a bias (empty tensors for none).
#pragma once

#include <optional>

#include "core/tensor.h"

namespace lamina {

// Averages over batches, one number a channel; empty tensors where none are kept.
struct RunningStats {
  Tensor mean, var;
  Tensor batches;  // int64: how many went in; counted where given
};

// Of each channel of x (N, C, ...) over all else: by the statistics of this batch when training (or
// without running ones), which then move the running ones by `momentum`, or without one to the
// average of all batches.
[[nodiscard]] Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                const RunningStats& running, bool training,
                                std::optional<double> momentum, double eps);

// Of the numbers that the last dimensions, of shape `normalized`, hold.
[[nodiscard]] Tensor layer_norm(const Tensor& x, const Dims& normalized, const Tensor& weight,
                                const Tensor& bias, double eps);
// The same without subtracting the mean; without eps, the type's resolution.
[[nodiscard]] Tensor rms_norm(const Tensor& x, const Dims& normalized, const Tensor& weight,
                              std::optional<double> eps);

// Of each image's groups of C / groups channels of x (N, C, ...).
[[nodiscard]] Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight,
                                const Tensor& bias, double eps);
// Of each channel of each image; the running statistics move as those of batch_norm.
[[nodiscard]] Tensor instance_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                   const RunningStats& running, double momentum, double eps);

}  // namespace lamina

// Softmax and its logarithm along one dimension.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace lamina {

// exp(x) / sum(exp(x)); computed in `dtype` if given.
[[nodiscard]] Tensor softmax(const Tensor& x, int64_t dim, std::optional<DType> dtype = {});
// x - log(sum(exp(x)))
[[nodiscard]] Tensor log_softmax(const Tensor& x, int64_t dim, std::optional<DType> dtype = {});

}  // namespace lamina

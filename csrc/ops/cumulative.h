// Running sums and products along one dimension; integers run in int64 unless a type is asked for.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace lamina {

[[nodiscard]] Tensor cumsum(const Tensor& x, int64_t dim, std::optional<DType> dtype = {});
[[nodiscard]] Tensor cumprod(const Tensor& x, int64_t dim, std::optional<DType> dtype = {});
// log(cumsum(exp(x)))
[[nodiscard]] Tensor logcumsumexp(const Tensor& x, int64_t dim);

}  // namespace lamina

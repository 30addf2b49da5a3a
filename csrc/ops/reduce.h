// Reductions of tensors over some or all of their dimensions, with their gradients; those that find
// positions stand in arg_reduce.h. Empty `dims` stand for all.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace lamina {

// Integers and truth values sum and multiply to int64, unless a type is asked for.
[[nodiscard]] Tensor sum(const Tensor& x, const Dims& dims, bool keepdim,
                         std::optional<DType> dtype = {});
[[nodiscard]] Tensor nansum(const Tensor& x, const Dims& dims, bool keepdim,
                            std::optional<DType> dtype = {});
[[nodiscard]] Tensor mean(const Tensor& x, const Dims& dims, bool keepdim,
                          std::optional<DType> dtype = {});
[[nodiscard]] Tensor prod(const Tensor& x, const Dims& dims, bool keepdim,
                          std::optional<DType> dtype = {});
// Equal extremes share the gradient.
[[nodiscard]] Tensor amax(const Tensor& x, const Dims& dims, bool keepdim);
[[nodiscard]] Tensor amin(const Tensor& x, const Dims& dims, bool keepdim);
[[nodiscard]] Tensor any(const Tensor& x, const Dims& dims, bool keepdim);
[[nodiscard]] Tensor all(const Tensor& x, const Dims& dims, bool keepdim);
[[nodiscard]] Tensor count_nonzero(const Tensor& x, const Dims& dims);

// Divided by the number of elements less `correction`.
[[nodiscard]] Tensor var(const Tensor& x, const Dims& dims, double correction, bool keepdim);
[[nodiscard]] Tensor std(const Tensor& x, const Dims& dims, double correction, bool keepdim);
// (sum |x|^p)^(1/p); also for p = 0 (how many are not zero) and p = +-infinity.
[[nodiscard]] Tensor norm(const Tensor& x, double p, const Dims& dims, bool keepdim);
// log(sum(exp(x)))
[[nodiscard]] Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim);

// Sums over what broadcasting repeated, so that the result has `sizes`, and converts to `dtype`.
[[nodiscard]] Tensor sum_to(const Tensor& grad, const Dims& sizes, DType dtype);

}  // namespace lamina

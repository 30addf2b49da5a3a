// Extremes and where they stand. Among equals the first counts; NaN is more extreme than any
// number.
#pragma once

#include "core/tensor.h"

namespace lamina {

// The position in the flattened tensor.
[[nodiscard]] Tensor argmax(const Tensor& x);
[[nodiscard]] Tensor argmin(const Tensor& x);
[[nodiscard]] Tensor argmax(const Tensor& x, int64_t dim, bool keepdim);
[[nodiscard]] Tensor argmin(const Tensor& x, int64_t dim, bool keepdim);

// Only the values carry a gradient, which goes to the elements that the indices name.
struct ValuesIndices {
  Tensor values, indices;
};
[[nodiscard]] ValuesIndices max(const Tensor& x, int64_t dim, bool keepdim);
[[nodiscard]] ValuesIndices min(const Tensor& x, int64_t dim, bool keepdim);

}  // namespace lamina

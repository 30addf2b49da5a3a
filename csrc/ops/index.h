// Reading by index or mask, and replacing by mask. Writing by index stands in scatter.h, x[...] in
// advanced_index.h.
#pragma once

#include "core/tensor.h"

namespace lamina {

// out[i, j, k] = x[i, index[i, j, k], k] for dim 1; the index may be smaller than x in the other
// dimensions.
[[nodiscard]] Tensor gather(const Tensor& x, int64_t dim, const Tensor& index);
// out[i, j, k] = x[i, index[j], k] for dim 1.
[[nodiscard]] Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index);
// Elements of the flattened x; negative places count from its end.
[[nodiscard]] Tensor take(const Tensor& x, const Tensor& places);

// The coordinates of what is not zero, one row each, in order.
[[nodiscard]] Tensor nonzero(const Tensor& x);

// value where mask is true, x elsewhere, in the type of x. The value is 0-d.
[[nodiscard]] Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);
void masked_fill_(const Tensor& target, const Tensor& mask, const Tensor& value);
// The elements of x where mask is true, as one row.
[[nodiscard]] Tensor masked_select(const Tensor& x, const Tensor& mask);
// The elements of source, in order, where mask is true.
[[nodiscard]] Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source);

}  // namespace lamina

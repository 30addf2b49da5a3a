// Putting tensors together and taking them apart; rearranging the elements of one stands in
// rearrange.h.
#pragma once

#include <span>
#include <vector>

#include "core/tensor.h"

namespace lamina {

// Along a dimension they have; types are promoted, and tensors of shape (0,) are left out as in
// PyTorch.
[[nodiscard]] Tensor cat(std::span<const Tensor> tensors, int64_t dim);
// Along a new dimension.
[[nodiscard]] Tensor stack(std::span<const Tensor> tensors, int64_t dim);

// Views of consecutive parts with the given sizes, which fill the dimension.
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::span<const int64_t> sizes,
                                        int64_t dim);
// Parts of one size; the last may be smaller.
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, int64_t size, int64_t dim);
// At most `count` parts of equal size, of which the last may be smaller.
[[nodiscard]] std::vector<Tensor> chunk(const Tensor& x, int64_t count, int64_t dim);
// A view for each index of a dimension, which disappears.
[[nodiscard]] std::vector<Tensor> unbind(const Tensor& x, int64_t dim);

}  // namespace lamina

// What is done to all gradients of a network at once: their norm, and scaling in place.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace lamina {

// The norm of all tensors as one vector, 0-d; norm_type is 1, 2 or infinity.
[[nodiscard]] Tensor total_norm(const std::vector<Tensor>& tensors, double norm_type);
// tensor *= factor, of one element, for each.
void scale_all(const std::vector<Tensor>& tensors, const Tensor& factor);

}  // namespace lamina

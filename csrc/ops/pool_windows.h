// Maxima of windows that differ in size or place, and gradients that go to indexed places.
#pragma once

#include "ops/pool.h"

namespace lamina {

// `out` elements along each of the last axes; nothing else is known of the windows.
PoolShape adaptive_shape(const char* op, const Tensor& x, const Dims& out);
WithIndices max_of_adaptive_windows(const char* op, const Tensor& x, const PoolShape& shape);

// `planes` planes of zeros that make up `sizes`, plus the values at their indices in their planes.
// A composition of ops, with all of its gradients.
[[nodiscard]] Tensor add_at(const Tensor& values, const Tensor& index, const Dims& sizes,
                            int64_t planes);

}  // namespace lamina

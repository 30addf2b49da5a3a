// The windows of images as columns, and images as the sums of their windows.
#pragma once

#include "ops/pool_shape.h"

namespace lamina {

// (N, C, H, W) -> (N, C * window, windows)
[[nodiscard]] Tensor unfold_windows(const Tensor& x, const PoolWindow& window);
// (N, C * window, windows) -> (N, C, *sizes); each element the sum of all that unfolding makes of
// it.
[[nodiscard]] Tensor fold_windows(const Tensor& x, const Dims& sizes, const PoolWindow& window);

}  // namespace lamina

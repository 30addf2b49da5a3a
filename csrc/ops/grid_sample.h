// Images sampled at the places of a grid.
#pragma once

#include "core/tensor.h"
#include "kernels/resample.h"

namespace lamina {

// x (N, C, H, W) at grid (N, h, w, 2) gives (N, C, h, w); likewise with depth. Coordinates go from
// -1 to 1 across the image, x before y before z.
[[nodiscard]] Tensor grid_sample(const Tensor& x, const Tensor& grid, GridMode mode,
                                 GridPadding padding, bool align_corners);

}  // namespace lamina

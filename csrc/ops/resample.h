// Resampling of images, axis by axis; where each element comes from stands in resample_table.h.
#pragma once

#include <string>

#include "ops/resample_table.h"

namespace lamina {

// The dimensions after (N, C) to `out` elements each; `scales` as the caller gave them, or empty.
struct InterpolateOptions {
  Interpolation mode;
  bool align_corners = false;
  bool antialias = false;
  std::vector<double> scales;
};
[[nodiscard]] Tensor interpolate(const Tensor& x, const Dims& out,
                                 const InterpolateOptions& options);

// The means of adaptive windows of the last dimensions.
[[nodiscard]] Tensor resample_adaptively(const char* op, const Tensor& x, const Dims& out);

}  // namespace lamina

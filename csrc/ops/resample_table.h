// Which elements of an axis make up each element of the resampled one, and their weights: what sets
// one way of resampling apart from another.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/tensor.h"

namespace lamina {

// Element o is the sum of weights[begin[o] + k] * x[first[o] + k] for begin[o] + k < begin[o + 1].
struct ResampleTable {
  int64_t in;
  std::vector<int64_t> first, begin{0};
  std::vector<double> weights;

  // Without elements yet, of which there will be `outputs`: too many must fail at once.
  ResampleTable(int64_t inputs, int64_t outputs);

  int64_t out() const { return static_cast<int64_t>(first.size()); }
  void add(int64_t from, const std::vector<double>& with);
  // The gradient's table.
  ResampleTable transposed() const;
};
using SharedTable = std::shared_ptr<const ResampleTable>;

enum class Interpolation : uint8_t { kNearest, kNearestExact, kLinear, kCubic, kLanczos };

// One axis of an interpolation; `scale` as the caller gave it (output by input), if he did.
struct InterpolatedAxis {
  int64_t in, out;
  std::optional<double> scale;
  bool align_corners;

  // Input elements an output element.
  double step() const;
};

SharedTable interpolation_table(Interpolation mode, const InterpolatedAxis& axis);
// Elements weighed over as many inputs as one output element stands for.
SharedTable antialias_table(Interpolation mode, const InterpolatedAxis& axis);
// Means of floor(o in / out) up to ceil((o + 1) in / out).
SharedTable adaptive_table(int64_t in, int64_t out);

}  // namespace lamina

// x[...] as Python writes it: integers, slices, None, ..., masks and index tensors in any mixture.
#pragma once

#include <optional>
#include <span>
#include <variant>

#include "ops/advanced_index.h"

namespace lamina {

struct Slice {
  std::optional<int64_t> start;
  std::optional<int64_t> stop;
  int64_t step = 1;
};
struct NewAxis {};
struct Ellipsis {};
// A tensor is a mask (bool) or holds indices (int64, int32); negative ones count from the end.
using Index = std::variant<int64_t, Slice, NewAxis, Ellipsis, Tensor>;

// A view if there is no tensor among the indices, else a copy.
[[nodiscard]] Tensor index(const Tensor& x, std::span<const Index> indices);
// x[indices] = value, or += with every value added where indices meet.
void set_index(const Tensor& x, std::span<const Index> indices, const Tensor& value,
               Accumulate accumulate = Accumulate::kNo);

}  // namespace lamina

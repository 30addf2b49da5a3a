// Views: other windows on the same memory. Each has its way back; none moves an element (reshape,
// which may have to, says so).
#pragma once

#include <span>
#include <vector>

#include "core/tensor.h"

namespace lamina {

[[nodiscard]] Tensor as_strided(const Tensor& x, const Dims& sizes, const Dims& strides,
                                int64_t offset);
// Leaves the history "window of base" on a view that has none; for views of bases changed in place.
void record_window(const Tensor& view, const Tensor& base);

// The same elements in another shape; -1 stands for what is left. view() refuses to copy, reshape()
// may.
[[nodiscard]] Tensor view(const Tensor& x, const Dims& sizes);
[[nodiscard]] Tensor reshape(const Tensor& x, const Dims& sizes);
[[nodiscard]] Tensor permute(const Tensor& x, const Dims& order);
[[nodiscard]] Tensor transpose(const Tensor& x, int64_t a, int64_t b);
// Sizes of 1 are repeated; -1 keeps a size; new dimensions go in front.
[[nodiscard]] Tensor expand(const Tensor& x, const Dims& sizes, const char* op = "expand");
[[nodiscard]] Tensor unsqueeze(const Tensor& x, int64_t dim);
[[nodiscard]] Tensor squeeze(const Tensor& x);  // all dimensions of size 1
[[nodiscard]] Tensor squeeze(const Tensor& x, const Dims& dims);
// Elements start, start + step, ... below stop of one dimension, as Python slices.
[[nodiscard]] Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t stop, int64_t step);
[[nodiscard]] Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length);
// One index of a dimension, which disappears.
[[nodiscard]] Tensor select_index(const Tensor& x, int64_t dim, int64_t index,
                                  const char* op = "index");
// The elements with equal index in both dimensions, as a new last dimension.
[[nodiscard]] Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2);

}  // namespace lamina

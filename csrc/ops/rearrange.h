// The elements of one tensor in another order, repeated, or with others around them. What is a mere
// window stands in view.h.
#pragma once

#include "core/tensor.h"

namespace lamina {

// In reversed order in the given dimensions.
[[nodiscard]] Tensor flip(const Tensor& x, const Dims& dims);
// Shifted towards larger indices; what leaves at the end comes back in front.
[[nodiscard]] Tensor roll(const Tensor& x, int64_t shift, int64_t dim);
// x laid out repeats[d] times in each dimension; further repeats make new dimensions in front.
[[nodiscard]] Tensor repeat(const Tensor& x, const Dims& repeats);
// Views of `size` elements at 0, step, 2 step, ...; the elements of a window are the last
// dimension.
[[nodiscard]] Tensor unfold(const Tensor& x, int64_t dim, int64_t size, int64_t step);

// What lies below or on (above or on) a diagonal of the last two dimensions; zero elsewhere.
[[nodiscard]] Tensor tril(const Tensor& x, int64_t diagonal);
[[nodiscard]] Tensor triu(const Tensor& x, int64_t diagonal);
// The last dimension as a diagonal of two new ones, zeros around it.
[[nodiscard]] Tensor diag_embed(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2);

// amounts = (before the last dimension, after it, before the one before, ...); negative ones crop.
enum class PadMode : uint8_t { kReflect, kReplicate, kCircular };
[[nodiscard]] Tensor pad(const Tensor& x, const Dims& amounts, double value);
[[nodiscard]] Tensor pad(const Tensor& x, const Dims& amounts, PadMode mode);

}  // namespace lamina

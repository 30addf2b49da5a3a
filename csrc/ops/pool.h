// Pooling over the last one to three dimensions of (C, ...) or (N, C, ...); `axes` says how many,
// `op` what messages call it.
#pragma once

#include <optional>
#include <utility>

#include "ops/pool_shape.h"
#include "ops/random.h"

namespace lamina {

// A result and the places of its elements in their planes of the input, int64.
using WithIndices = std::pair<Tensor, Tensor>;

[[nodiscard]] Tensor max_pool(const char* op, const Tensor& x, int axes, const PoolWindow& window);
[[nodiscard]] WithIndices max_pool_with_indices(const char* op, const Tensor& x, int axes,
                                                const PoolWindow& window);
// Divided by the elements of the window: those on the input and, if include_pad, on the padding;
// or by `divisor`.
[[nodiscard]] Tensor avg_pool(const char* op, const Tensor& x, int axes, const PoolWindow& window,
                              bool include_pad, std::optional<int64_t> divisor);

// Window o of an axis covers floor(o in / out) up to ceil((o + 1) in / out).
[[nodiscard]] WithIndices adaptive_max_pool(const char* op, const Tensor& x, const Dims& out);
[[nodiscard]] Tensor adaptive_avg_pool(const char* op, const Tensor& x, const Dims& out);

// Windows of equal size at places that `samples` (N, C, axes), uniform in [0, 1), decide.
[[nodiscard]] WithIndices fractional_max_pool(const char* op, const Tensor& x, const Dims& kernel,
                                              const Dims& out, const Tensor& samples);
// x[i] at the place index[i] of a plane of sizes `out`, 0 elsewhere.
[[nodiscard]] Tensor max_unpool(const char* op, const Tensor& x, const Tensor& index,
                                const Dims& out);

}  // namespace lamina

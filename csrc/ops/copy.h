// Making tensors of constants, and copying tensors: as they are, to another type, into one another.
#pragma once

#include "core/tensor.h"

namespace lamina {

[[nodiscard]] Tensor full(const Dims& sizes, double value, DType dtype);
[[nodiscard]] Tensor full(const Dims& sizes, int64_t value, DType dtype);
[[nodiscard]] Tensor zeros(const Dims& sizes, DType dtype);
// start, start + step, ...: `count` of them.
[[nodiscard]] Tensor arange(double start, double step, int64_t count, DType dtype);

// A contiguous copy.
[[nodiscard]] Tensor clone(const Tensor& tensor);
// The tensor itself if it is contiguous, else a copy.
[[nodiscard]] Tensor contiguous(const Tensor& tensor);
// The tensor itself if it has that type, else a copy of that type.
[[nodiscard]] Tensor cast(const Tensor& tensor, DType dtype);

// target[...] = source, broadcast and converted.
void copy_(const Tensor& target, const Tensor& source);
void fill_(const Tensor& target, double value);
void fill_(const Tensor& target, int64_t value);
void zero_(const Tensor& target);

}  // namespace lamina

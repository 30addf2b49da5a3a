// Indexing several dimensions at once by tensors of indices. What Python may write between brackets
// stands in subscript.h.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace lamina {

// One tensor of indices a dimension, broadcast together; an empty handle takes the whole dimension.
// The dimensions of the indices stand where the first was, or in front if a whole dimension stands
// between them.
[[nodiscard]] Tensor take_at(const char* op, const Tensor& x, const std::vector<Tensor>& at);
// The value is broadcast; where indices meet, the last value stays, or all are added.
enum class Accumulate : bool { kNo, kYes };
void put_at_(const Tensor& target, const std::vector<Tensor>& at, const Tensor& value,
             Accumulate accumulate);

// value with as many dimensions as it is assigned to, at most: those of size 1 in front are
// dropped.
[[nodiscard]] Tensor without_leading_ones(Tensor value, int ndim);

}  // namespace lamina

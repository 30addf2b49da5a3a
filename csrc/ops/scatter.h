// Writing by index: each value is joined with the element that its index names. Values that meet in
// one element are joined in the order of their positions, on any number of threads.
#pragma once

#include "core/tensor.h"

namespace lamina {

enum class Scatter : uint8_t { kSet, kAdd, kMul, kMax, kMin, kMean };

// target[i, index[i, j, k], k] (op)= source[i, j, k] for dim 1; the index may be smaller than
// source.
void scatter_(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& source,
              Scatter how);
// target[i, index[j], k] (op)= source[i, j, k] for dim 1, in the name of `op`.
void index_scatter_(const char* op, const Tensor& target, int64_t dim, const Tensor& index,
                    const Tensor& source, Scatter how);
// scatter_ with all of the elements that an index names forgetting their old value, unless
// include_self.
void scatter_reduce_(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& source,
                     Scatter how, bool include_self);

// Refuses an index that has another number of dimensions than the tensor, or is larger in any but
// `dim`.
void check_index_shape(const char* op, const Dims& sizes, int dim, const Dims& index);

}  // namespace lamina

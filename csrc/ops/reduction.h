// The walk of a reduction: which elements fold into which result, cut into pieces and spread over
// threads. What is folded is the kernels' matter, what it means to users that of the ops.
#pragma once

#include <cstdint>

#include "core/tensor.h"
#include "kernels/reduce.h"

namespace lamina {

// The dimensions to reduce, one bit each; `dims` empty stands for all.
using DimMask = uint32_t;
DimMask dim_mask(const char* op, const Dims& dims, int ndim);
// The shape of the result.
Dims reduced_sizes(const Dims& sizes, DimMask mask, bool keepdim);
// A result (or its gradient) with the reduced dimensions back in place: of size 1, or repeated to
// `sizes`.
Tensor with_reduced_dims(const Tensor& result, const Dims& sizes, DimMask mask);
Tensor spread(const Tensor& result, const Dims& sizes, DimMask mask);
int64_t reduced_count(const Dims& sizes, DimMask mask);
// An IndexError if the reduced dimensions hold no element, for ops without an identity.
void check_not_empty(const char* op, const Dims& sizes, DimMask mask);

// Plain data, so that a body can carry it: results, in the order of the output, and what each folds
// (see ReduceBlock).
struct Reduction {
  Dims kept, kept_strides;
  int64_t outer = 1, outer_stride = 0;
  int64_t n = 1, n_stride = 0;

  int64_t results() const;
  int64_t length() const { return outer * n; }
};

// x, or a copy of x that kernels can walk, without history.
struct Reducible {
  Tensor x;
  Reduction how;
};
Reducible reducible(const Tensor& x, DimMask mask);

DType result_type(ReduceOp op, DType dtype);

// Inside a launch: y (contiguous, of result_type) from x and the centers of the results (null for
// zeros). The order of the folds depends on the shape alone.
void reduce_into(const Reduction& how, ReduceOp op, DType dtype, const void* x, const void* center,
                 void* y);

// The op of one such call, without history.
Tensor reduce(const char* name, ReduceOp op, const Tensor& x, DimMask mask, bool keepdim);

}  // namespace lamina

// The reductions by name, and what one call of a reducing kernel works on.
#pragma once

#include <cstdint>

namespace lamina {

enum class ReduceOp : uint8_t {
#define REDUCE(name, Formula, joined_by, result) name,
#include "kernels/reduce.def"
#undef REDUCE
  kCount
};
enum class ReduceResult : uint8_t { kSame, kWide, kTruth, kCount, kFloating };

// `kept` results; each folds `outer` runs of `n` elements. Strides count elements. Either the
// elements of a run are adjacent (n_stride 1) or those of the results (kept_stride 1).
struct ReduceBlock {
  int64_t kept, kept_stride;
  int64_t outer, outer_stride;
  int64_t n, n_stride;
};

// y[i] from the elements of result i, each seen from center[i] (from 0 if center is null) by the
// formulas that have a center. x is of the table's type, y of the result's.
using ReduceKernel = void(const ReduceBlock& block, const void* x, const void* center, void* y);

}  // namespace lamina

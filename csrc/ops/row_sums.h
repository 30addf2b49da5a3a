// The gradient of a table of rows: what came back for each row that was taken, summed in the order
// of the occurrences on any number of threads.
#pragma once

#include "core/tensor.h"

namespace lamina {

// Rows that were taken: table row index[i] went to result row source[i], times scale[i]; without
// sources each has its own, in order, and without scales they are as they were.
struct TakenRows {
  const char* op;
  Tensor index, source, scale;
  int64_t skipped;  // a row of the table that gets no gradient; -1: none
  bool scale_by_count;
};

// A table of `sizes`, differentiable by grad where a graph is recorded.
[[nodiscard]] Tensor grad_of_rows(const TakenRows& taken, const Dims& sizes, const Tensor& grad);

}  // namespace lamina

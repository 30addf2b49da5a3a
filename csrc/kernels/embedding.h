// The kernels of embeddings, one pointer a line of embedding.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

// Rows of `grad` that are added, in order, to the rows of a table from which they came.
template <class T>
struct RowSums {
  int64_t count, dim;
  const int64_t* index;   // the row of the table, for each of `count`
  const int64_t* source;  // the row of grad; null where they are in order
  const T* scale;         // null for ones
  const T* grad;
  int64_t first, last;  // the rows of the table that this call sums
  int64_t skipped;      // a row of the table that gets nothing
};

template <class T>
struct EmbeddingKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/embedding.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

// The loop behind all indexing: two nested axes on a tensor, on indices into one of its dimensions,
// and on the values that are taken from it or put into it.
#pragma once

#include <cstdint>

namespace lamina {

// Strides count elements; 0 repeats an element.
struct IndexAxis {
  int64_t size;
  int64_t tensor;
  int64_t index;
  int64_t values;
};

// values[o, i] <-> tensor[o, i, index[o, i] * step]. Indices were checked before.
struct IndexLoop {
  IndexAxis outer;
  IndexAxis inner;
  int64_t step;
};

}  // namespace lamina

// The kernels of attention, one pointer a line of attention.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

// The scores of some keys (rows, `pitch` apart) for some queries (adjacent).
struct ScoreBlock {
  int64_t keys, queries, pitch;
};

template <class T>
struct AttentionKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/attention.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

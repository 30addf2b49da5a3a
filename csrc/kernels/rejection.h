// The kernels of numbers drawn by rejection, one pointer a line of rejection.def.
#pragma once

#include <cstdint>

namespace lamina {

// Nobody knows how many words such a number takes. Each has a counter of the generator to itself,
// and the upper half of the counter, which other draws leave at 0, goes on for as long as it takes.
inline constexpr int64_t kRejectionsPerBlock = 16;

template <class T>
struct RejectionKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/rejection.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

// The kernels of pooling, one pointer a line of pool.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct PoolKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/pool.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

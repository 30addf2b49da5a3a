// The kernels of optimizer updates, one pointer a line of optimizer.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct OptimizerKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/optimizer.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

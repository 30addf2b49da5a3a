// The kernels of losses, one pointer a line of loss.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct LossKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/loss.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

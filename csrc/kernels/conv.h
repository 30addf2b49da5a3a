// The kernels of convolution, one pointer a line of conv.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct ConvKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/conv.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

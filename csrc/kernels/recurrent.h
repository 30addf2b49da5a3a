// The kernels of recurrent networks, one pointer a line of recurrent.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct RecurrentKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/recurrent.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

// The kernels of normalization, one pointer a line of normalization.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct NormalizationKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/normalization.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

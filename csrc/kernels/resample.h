// The kernels of resampling images, one pointer a line of resample.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct ResampleKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/resample.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

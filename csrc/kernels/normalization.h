// The kernels of normalization, one pointer a line of normalization.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

// x[image][channel][i]: `inner` adjacent numbers of each channel in each image; images are
// `image_stride` apart. With inner == 1 the channels are the columns of a matrix.
struct ChannelBlock {
  int64_t images, channels, inner, image_stride;
};

// What a gradient is made of in each channel; see normalize_bwd.
template <class T>
struct ChannelSlopes {
  const T *center, *scale, *slope, *offset;
};

// `count` rows of n adjacent numbers. Rows that are not centered have the mean 0.
struct NormRows {
  int64_t count, n;
  bool centered;
  double eps;
};

template <class T>
struct NormalizationKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/normalization.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

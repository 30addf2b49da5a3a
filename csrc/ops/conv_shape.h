// The sizes of a convolution as plain numbers; no tensors and no memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lamina {

// Depth, height and width; a convolution in fewer dimensions has ones in front.
using Extent = std::array<int64_t, 3>;

// y[n, g, f, o] = sum over c, k of w[g, f, c, k] x[n, g, c, o * stride + k * dilation - before],
// with n < batch, g < groups, c < channels, f < filters, and x zero outside `in`.
struct ConvShape {
  int64_t batch, groups, channels, filters;
  Extent in, kernel, out, stride, dilation, before;

  int64_t inputs() const { return in[0] * in[1] * in[2]; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t pixels() const { return out[0] * out[1] * out[2]; }

  // The same convolution with longer lines: dimensions that it only passes along become one.
  ConvShape merged() const {
    ConvShape shape = *this;
    for (std::size_t d = 0; d < 2; ++d) {
      if (!shape.passes_along(d) || !shape.passes_along(d + 1)) continue;
      shape.in[d + 1] *= shape.in[d];
      shape.out[d + 1] *= shape.out[d];
      shape.in[d] = shape.out[d] = 1;
    }
    return shape;
  }

 private:
  bool passes_along(std::size_t d) const {
    return kernel[d] == 1 && stride[d] == 1 && before[d] == 0 && in[d] == out[d];
  }
};

}  // namespace lamina

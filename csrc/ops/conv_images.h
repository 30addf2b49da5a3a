// Convolutions of small images with the images of a batch as the lanes of vectors: no lane is idle
// at the end of a line, and taps outside an image are left out. Which take part, and how.
#pragma once

#include "ops/conv_plan.h"

namespace lamina {

// A result (y, x) sums over taps t the pixels (y, x) + t - before, at stride 1.
struct ImagesPlan {
  int64_t batch, groups;
  int64_t from_channels, to_channels;
  Extent from_size, to_size, kernel, before;
  int64_t weight_from, weight_to;  // strides of the filters, whose taps are adjacent
  bool flipped;
  int64_t chunk;  // images, in whole vectors
  int64_t band;   // lines of the result

  int64_t from_count() const { return from_size[1] * from_size[2]; }
  int64_t to_count() const { return to_size[1] * to_size[2]; }
  int64_t taps() const { return kernel[1] * kernel[2]; }
  int64_t chunks() const { return ceil_div(batch, chunk); }
  int64_t bands() const { return ceil_div(to_size[1], band); }
  // Of a line of one chunk and group, in multiplications.
  int64_t work() const { return from_channels * to_channels * taps() * to_size[2] * chunk; }
};

bool suits_images(const ConvShape& shape, bool is_grad, Lanes lanes);
ImagesPlan plan_images(const ConvShape& shape, bool is_grad, Lanes lanes);

// The weights: for each group and tap a row of the result's channels for each that is read.
inline int64_t count_images_weights(const ImagesPlan& plan) {
  return plan.groups * plan.taps() * plan.from_channels * plan.to_channels;
}
template <class T>
void arrange_images_weights(const ImagesPlan& plan, const T* weight, T* arranged);
template <class T>
void run_images(const ImagesPlan& plan, const T* from, const T* weights, const T* bias, T* to);

}  // namespace lamina

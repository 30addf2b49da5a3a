// The patch of an image that one band of a convolution reads.
#pragma once

#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/conv_plan.h"

namespace lamina {

// Copied, unless the plan reads in place.
template <class T>
class Patch {
 public:
  explicit Patch(const ConvPlan& plan) : plan_(plan) {
    if (!plan.in_place) copy_.reserve(plan.patch_count());
  }

  // Of band `band` of image `image`, counted over the batch and groups.
  const T* read(const T* images, int64_t image, int64_t band) {
    const int64_t count = plan_.from_count();
    const T* from = images + image * plan_.from_channels * count;
    Extent first = plan_.first;
    first[plan_.axis] += band * plan_.step;
    const Extent& whole = plan_.from_size;
    if (plan_.in_place) return from + (first[0] * whole[1] + first[1]) * whole[2] + first[2];
    const Extent& size = plan_.size;
    kernels().conv<T>().conv_patch({from,
                                    plan_.from_channels,
                                    {whole[0], whole[1], whole[2]},
                                    {first[0], first[1], first[2]},
                                    {plan_.sample[0], plan_.sample[1], plan_.sample[2]},
                                    {size[0], size[1], size[2]},
                                    copy_.data(),
                                    plan_.patch,
                                    band != band_});
    band_ = band;
    return copy_.data();
  }

 private:
  const ConvPlan& plan_;
  Scratch<T> copy_;
  int64_t band_ = -1;  // whose zeros are there
};

}  // namespace lamina

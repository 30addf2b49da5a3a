// How a convolution, or its gradient for the input, is cut into passes and bands, worked out once
// from its sizes; memory is conv_run.h's.
#pragma once

#include <vector>

#include "kernels/conv.h"
#include "ops/conv_shape.h"
#include "ops/gemm_product.h"

namespace lamina {

constexpr int64_t kConvTasks = 16;          // enough for most numbers of threads
constexpr int64_t kConvTaskWork = 1 << 20;  // multiplications that are worth a thread

// The result's pixels that share their filter taps: all of a convolution's; of its gradient, at
// strides above 1, those with equal remainders.
struct ConvPass {
  Extent count;                   // pixels of a band
  int64_t out_first;              // place of the first, from the band's beginning
  Extent out_step;                // places from one to the next
  std::vector<int64_t> taps;      // of the filter
  std::vector<int64_t> summands;  // their offsets in the patch, channel by channel
  std::vector<int64_t> pixels;    // offsets of the pixels in the patch
  std::vector<int64_t> places;    // of the pixels in the result; empty if they are adjacent

  int64_t pixel_count() const { return count[0] * count[1] * count[2]; }
};

// One image goes in and one comes out, both in channels of a group: for the gradient the result
// is the convolution's input.
struct ConvPlan {
  int64_t batch, groups;
  int64_t from_channels, to_channels;
  Extent from_size, to_size;
  int64_t taps;
  int64_t weight_from, weight_to;  // strides of the filters, whose taps are adjacent
  bool lanes_are_pixels;
  int64_t panel;  // channels of a panel of weights

  // A band is `band` places of the result along `axis`, its slowest dimension; its patch moves by
  // `step` from band to band.
  std::size_t axis;
  int64_t band, bands, step;
  bool in_place;               // the patch is read where it is
  Extent first, sample, size;  // of the patch: every `sample`-th position of the image
  PatchLayout patch;
  std::vector<ConvPass> passes;

  int64_t from_count() const { return from_size[0] * from_size[1] * from_size[2]; }
  int64_t to_count() const { return to_size[0] * to_size[1] * to_size[2]; }
  int64_t panels() const { return ceil_div(to_channels, panel); }
  int64_t patch_count() const { return from_channels * patch.channel; }
  // Multiplications for one image and group.
  int64_t work() const;
  // How many of a pass's pixels a band has: the last may be shorter.
  int64_t pixels_of(const ConvPass& pass, int64_t index) const;
};

// `width` is a vector's, of `item` bytes a lane.
struct Lanes {
  int64_t width, item;
};

// What a multiplication costs with n lanes in vectors of `width`, if one that fills them costs 1;
// and with the better of two plans, for lines or channels as lanes.
double cost_of_lanes(int64_t n, int64_t width);
double cost_of_plan(int64_t line, int64_t channels, int64_t depth, int64_t width);

ConvPlan plan_forward(const ConvShape& shape, Lanes lanes);
ConvPlan plan_input_grad(const ConvShape& shape, Lanes lanes);
// As plan_forward, to sum over pixels what that sums over taps.
ConvPlan plan_weight_grad(const ConvShape& shape, Lanes lanes);

}  // namespace lamina

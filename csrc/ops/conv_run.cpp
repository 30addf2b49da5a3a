#include "ops/conv_run.h"

#include <algorithm>

#include "core/parallel.h"
#include "ops/conv_patch.h"

namespace lamina {

namespace {

// The weights of every pass in panels of channels: for each group, pass and panel, a row a summand.
template <class T>
class Panels {
 public:
  Panels(const ConvPlan& plan, const T* weight) : plan_(plan) {
    int64_t depth = 0;
    for (const ConvPass& pass : plan.passes) {
      starts_.push_back(depth);
      depth += depth_of(pass);
    }
    group_ = depth * plan.panels() * plan.panel;
    memory_.reserve(plan.groups * group_);
    const int64_t per_group = plan.panels();
    parallel_for(plan.groups * per_group, grain(kConvTaskWork, 8 * depth * plan.panel),
                 [&](int64_t begin, int64_t end) {
                   for (; begin < end; ++begin)
                     for (size_t pass = 0; pass < plan.passes.size(); ++pass)
                       fill(weight, begin / per_group, pass, begin % per_group);
                 });
  }

  const T* get(int64_t group, size_t pass, int64_t panel) const { return at(group, pass, panel); }

 private:
  int64_t depth_of(const ConvPass& pass) const {
    return static_cast<int64_t>(pass.summands.size());
  }
  T* at(int64_t group, size_t pass, int64_t panel) const {
    const int64_t row = starts_[pass] * plan_.panels() + panel * depth_of(plan_.passes[pass]);
    return memory_.data() + group * group_ + row * plan_.panel;
  }

  void fill(const T* weight, int64_t group, size_t index, int64_t panel) {
    const ConvPass& pass = plan_.passes[index];
    const int64_t taps = static_cast<int64_t>(pass.taps.size()), width = plan_.panel;
    const int64_t channels = std::min(width, plan_.to_channels - panel * width);
    T* to = at(group, index, panel);
    if (channels < width) std::fill_n(to, depth_of(pass) * width, T(0));
    const T* from = weight + group * plan_.from_channels * plan_.to_channels * plan_.taps +
                    panel * width * plan_.weight_to;
    auto* copy = kernels().get<T>().copy_matrix;
    if (taps == plan_.weight_from)
      return copy(depth_of(pass), channels, from, 1, plan_.weight_to, to, width);
    for (int64_t i = 0; i < taps; ++i)
      copy(plan_.from_channels, channels, from + pass.taps[static_cast<size_t>(i)],
           plan_.weight_from, plan_.weight_to, to + i * width, taps * width);
  }

  const ConvPlan& plan_;
  std::vector<int64_t> starts_;
  int64_t group_ = 0;
  Scratch<T> memory_;
};

template <class T>
ConvBlock<T> block_of(const ConvPlan& plan, const ConvPass& pass, int64_t band) {
  ConvBlock<T> block{};
  block.pixels = plan.pixels_of(pass, band);
  block.depth = static_cast<int64_t>(pass.summands.size());
  block.line = pass.count[2];
  block.image_pixels = pass.pixels.data();
  block.summands = pass.summands.data();
  block.panel = plan.panel;
  block.out_channel = plan.to_count();
  block.out_step = pass.out_step[2];
  block.out_pixels = pass.places.empty() ? nullptr : pass.places.data();
  return block;
}

}  // namespace

template <class T>
void run_conv(const ConvPlan& plan, const T* from, const T* weight, const T* bias, T* to) {
  const ConvKernels<T>& conv = kernels().conv<T>();
  auto* kernel = plan.lanes_are_pixels ? conv.conv_pixels : conv.conv_channels;
  const Panels<T> panels(plan, weight);
  const int64_t images = plan.batch * plan.groups;
  const int64_t band_places =
      plan.band * (plan.to_count() / std::max<int64_t>(plan.to_size[plan.axis], 1));
  parallel_for(images * plan.bands, grain(kConvTaskWork, plan.work() / plan.bands),
               [&](int64_t begin, int64_t end) {
                 Patch<T> patch(plan);
                 for (; begin < end; ++begin) {
                   const int64_t band = begin / images, image = begin % images;
                   const int64_t group = image % plan.groups;
                   const T* read = patch.read(from, image, band);
                   T* out = to + image * plan.to_channels * plan.to_count() + band * band_places;
                   for (size_t i = 0; i < plan.passes.size(); ++i) {
                     ConvBlock<T> block = block_of<T>(plan, plan.passes[i], band);
                     block.image = read;
                     for (int64_t panel = 0; panel < plan.panels(); ++panel) {
                       const int64_t c = panel * plan.panel;
                       block.channels = std::min(plan.panel, plan.to_channels - c);
                       block.weights = panels.get(group, i, panel);
                       block.out = out + c * plan.to_count() + plan.passes[i].out_first;
                       if (bias != nullptr) block.bias = bias + group * plan.to_channels + c;
                       kernel(block);
                     }
                   }
                 }
               });
}

template void run_conv(const ConvPlan&, const float*, const float*, const float*, float*);
template void run_conv(const ConvPlan&, const double*, const double*, const double*, double*);

}  // namespace lamina

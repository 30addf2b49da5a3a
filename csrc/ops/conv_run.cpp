#include "ops/conv_run.h"

#include <algorithm>

#include "core/parallel.h"
#include "ops/conv_patch.h"

namespace lamina {

namespace {

int64_t depth_of(const ConvPass& pass) { return static_cast<int64_t>(pass.summands.size()); }

// Where the panels of each pass begin in those of a group.
class Panels {
 public:
  explicit Panels(const ConvPlan& plan) : plan_(plan) {
    for (const ConvPass& pass : plan.passes) {
      starts_.push_back(depth_);
      depth_ += depth_of(pass);
    }
  }

  int64_t depth() const { return depth_; }
  int64_t group() const { return depth_ * plan_.panels() * plan_.panel; }
  int64_t place(int64_t group_index, size_t pass, int64_t panel) const {
    const int64_t row = starts_[pass] * plan_.panels() + panel * depth_of(plan_.passes[pass]);
    return group_index * group() + row * plan_.panel;
  }

 private:
  const ConvPlan& plan_;
  std::vector<int64_t> starts_;
  int64_t depth_ = 0;
};

template <class T>
void arrange_panel(const ConvPlan& plan, const ConvPass& pass, const T* weight, int64_t group,
                   int64_t panel, T* to) {
  const int64_t taps = static_cast<int64_t>(pass.taps.size()), width = plan.panel;
  const int64_t channels = std::min(width, plan.to_channels - panel * width);
  if (channels < width) std::fill_n(to, depth_of(pass) * width, T(0));
  const T* from = weight + group * plan.from_channels * plan.to_channels * plan.taps +
                  panel * width * plan.weight_to;
  auto* copy = kernels().get<T>().copy_matrix;
  if (taps == plan.weight_from)
    return copy(depth_of(pass), channels, from, 1, plan.weight_to, to, width);
  for (int64_t i = 0; i < taps; ++i)
    copy(plan.from_channels, channels, from + pass.taps[static_cast<size_t>(i)], plan.weight_from,
         plan.weight_to, to + i * width, taps * width);
}

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
  block.runs = 1;
  return block;
}

}  // namespace

int64_t count_panels(const ConvPlan& plan) { return plan.groups * Panels(plan).group(); }

template <class T>
void arrange_panels(const ConvPlan& plan, const T* weight, T* panels) {
  const Panels places(plan);
  const int64_t per_group = plan.panels();
  parallel_for(plan.groups * per_group, grain(kConvTaskWork, 8 * places.depth() * plan.panel),
               [&](int64_t begin, int64_t end) {
                 for (; begin < end; ++begin)
                   for (size_t pass = 0; pass < plan.passes.size(); ++pass) {
                     const int64_t group = begin / per_group, panel = begin % per_group;
                     arrange_panel(plan, plan.passes[pass], weight, group, panel,
                                   panels + places.place(group, pass, panel));
                   }
               });
}

template <class T>
void run_conv(const ConvPlan& plan, const T* from, const T* panels, const T* bias, T* to) {
  const ConvKernels<T>& conv = kernels().conv<T>();
  auto* kernel = plan.lanes_are_pixels ? conv.conv_pixels : conv.conv_channels;
  const Panels places(plan);
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
                       block.weights = panels + places.place(group, i, panel);
                       block.out = out + c * plan.to_count() + plan.passes[i].out_first;
                       if (bias != nullptr) block.bias = bias + group * plan.to_channels + c;
                       kernel(block);
                     }
                   }
                 }
               });
}

#define LAMINA_CONV(T)                                         \
  template void arrange_panels(const ConvPlan&, const T*, T*); \
  template void run_conv(const ConvPlan&, const T*, const T*, const T*, T*);
LAMINA_CONV(float)
LAMINA_CONV(double)
#undef LAMINA_CONV

}  // namespace lamina

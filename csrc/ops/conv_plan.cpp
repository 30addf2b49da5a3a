#include "ops/conv_plan.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace lamina {

namespace {

constexpr int64_t kPatchBytes = 256 << 10;  // what a patch may take of the second cache

// Along one dimension, the result's places with the same taps: place first_out + t * out_step, for
// t < count, reads position from_first + t * from_step + offset of each tap.
struct AxisPass {
  int64_t count, first_out, out_step, from_first, from_step;
  std::vector<int64_t> taps, offsets;
};
using Axis = std::vector<AxisPass>;

Axis forward_axis(const ConvShape& s, size_t d, int64_t places) {
  AxisPass pass{places, 0, 1, 0, s.stride[d], {}, {}};
  for (int64_t k = 0; k < s.kernel[d]; ++k) {
    pass.taps.push_back(k);
    pass.offsets.push_back(k * s.dilation[d] - s.before[d]);
  }
  return {pass};
}

// Place i of the input gets y's gradient at o through tap k where i + before = o * stride + k *
// dilation.
Axis input_grad_axis(const ConvShape& s, size_t d, int64_t places) {
  const int64_t stride = s.stride[d], before = s.before[d];
  Axis axis;
  for (int64_t rest = 0; rest < stride; ++rest) {
    const int64_t i = ((rest - before) % stride + stride) % stride;
    if (i >= places) continue;
    AxisPass pass{ceil_div(places - i, stride), i, stride, (i + before - rest) / stride, 1, {}, {}};
    for (int64_t k = 0; k < s.kernel[d]; ++k) {
      if (k * s.dilation[d] % stride != rest) continue;
      pass.taps.push_back(k);
      pass.offsets.push_back((rest - k * s.dilation[d]) / stride);
    }
    axis.push_back(pass);
  }
  return axis;
}

// The positions that a dimension reads: the first, and how many from there on.
struct Reach {
  int64_t first, size;
};
Reach reach_of(const Axis& axis) {
  int64_t low = std::numeric_limits<int64_t>::max(), high = std::numeric_limits<int64_t>::min();
  for (const AxisPass& pass : axis)
    for (const int64_t offset : pass.offsets) {
      low = std::min(low, pass.from_first + offset);
      high = std::max(high, pass.from_first + offset + (pass.count - 1) * pass.from_step);
    }
  return low <= high ? Reach{low, high - low + 1} : Reach{0, 0};
}

// How many lanes there are for each that has work, in vectors of `width`.
double waste(int64_t n, int64_t width) {
  n = std::max<int64_t>(n, 1);
  return static_cast<double>(ceil_div(n, width) * width) / static_cast<double>(n);
}

// Pixels as lanes fill vectors where lines are long, channels where there are many; the latter pay
// for turning the sums around.
double cost_of_channels(int64_t channels, int64_t depth, int64_t width) {
  return cost_of_lanes(channels, width) *
         (1 + 8 / static_cast<double>(std::max<int64_t>(depth, 1)));
}

bool prefers_pixels(const ConvPlan& plan, int64_t line, int64_t width) {
  return cost_of_lanes(line, width) <
         cost_of_channels(plan.to_channels, plan.from_channels * plan.taps, width);
}

// In sums over pixels, channels as lanes want the gradient turned, and pixels want more loads.
bool prefers_dots(const ConvPlan& plan, int64_t line, int64_t width) {
  return 1.15 * waste(line, width) < cost_of_lanes(plan.to_channels, width);
}

using Prefers = bool (*)(const ConvPlan&, int64_t line, int64_t width);
using MakeAxis = Axis (*)(const ConvShape&, size_t, int64_t);

class Planner {
 public:
  Planner(const ConvShape& shape, MakeAxis make_axis, ConvPlan& plan, Lanes lanes)
      : shape_(shape), make_axis_(make_axis), plan_(plan), lanes_(lanes) {}

  void run(Prefers prefers) {
    plan_.axis = 0;
    while (plan_.axis < 2 && plan_.to_size[plan_.axis] == 1) ++plan_.axis;
    for (size_t d = 0; d < 3; ++d) axes_[d] = make_axis_(shape_, d, plan_.to_size[d]);
    const int64_t line = axes_[2].empty() ? 0 : axes_[2].front().count;
    plan_.lanes_are_pixels = prefers(plan_, line, lanes_.width);
    const int64_t vectors = std::min(kPanelVectors, ceil_div(plan_.to_channels, lanes_.width));
    plan_.panel = plan_.lanes_are_pixels ? plan_.to_channels : vectors * lanes_.width;
    plan_.panel = std::max<int64_t>(plan_.panel, 1);
    choose_band();
    lay_out_patch();
    for (const AxisPass& z : axes_[0])
      for (const AxisPass& y : axes_[1])
        for (const AxisPass& x : axes_[2]) add_pass(z, y, x);
  }

 private:
  // Whole strides, so that every band looks like the first.
  void choose_band() {
    const size_t axis = plan_.axis;
    const int64_t places = std::max<int64_t>(plan_.to_size[axis], 1);
    const int64_t unit = axes_[axis].empty() ? 1 : axes_[axis].front().out_step;
    const int64_t images = std::max<int64_t>(plan_.batch * plan_.groups, 1);
    const int64_t bytes = plan_.from_channels * plan_.from_count() * lanes_.item;
    const int64_t for_cache = ceil_div(bytes, kPatchBytes);
    const int64_t for_threads =
        std::min(ceil_div(kConvTasks, images), std::max<int64_t>(plan_.work() / kConvTaskWork, 1));
    const int64_t bands = std::max(for_cache, for_threads);
    plan_.band = ceil_div(ceil_div(places, bands), unit) * unit;
    plan_.bands = ceil_div(places, plan_.band);
    axes_[axis] = make_axis_(shape_, axis, std::min(plan_.band, places));
    const int64_t from_step = axes_[axis].empty() ? 1 : axes_[axis].front().from_step;
    plan_.step = plan_.band / unit * from_step;
  }

  void lay_out_patch() {
    const int64_t step = axes_[2].empty() ? 1 : axes_[2].front().from_step;
    plan_.in_place = !plan_.lanes_are_pixels || step == 1;
    for (size_t d = 0; d < 3; ++d) {
      const Reach reach = reach_of(axes_[d]);
      const Reach whole = reach_of(make_axis_(shape_, d, plan_.to_size[d]));
      plan_.first[d] = reach.first;
      plan_.size[d] = reach.size;
      plan_.in_place &= whole.first >= 0 && whole.first + whole.size <= plan_.from_size[d];
    }
    plan_.sample = {1, 1, 1};
    if (!plan_.in_place) leave_out_unread();
    const int64_t phases =
        plan_.lanes_are_pixels ? std::max<int64_t>(step / plan_.sample[2], 1) : 1;
    const Extent& s = plan_.in_place ? plan_.from_size : plan_.size;
    const int64_t phase = ceil_div(s[2], phases), row = phase * phases;
    plan_.patch = {s[0] * s[1] * row, s[1] * row, row, phase, phases};
  }

  // From here on, positions are counted in samples from the patch's first.
  void leave_out_unread() {
    for (size_t d = 0; d < 3; ++d) {
      int64_t& sample = plan_.sample[d];
      sample = 0;
      for (const AxisPass& pass : axes_[d]) {
        if (pass.count > 1) sample = std::gcd(sample, pass.from_step);
        for (const int64_t offset : pass.offsets)
          sample = std::gcd(sample, pass.from_first + offset - plan_.first[d]);
      }
      sample = std::max<int64_t>(sample, 1);
      plan_.size[d] = plan_.size[d] > 0 ? (plan_.size[d] - 1) / sample + 1 : 0;
    }
  }

  void add_pass(const AxisPass& z, const AxisPass& y, const AxisPass& x) {
    const PatchLayout& patch = plan_.patch;
    const int64_t row = plan_.to_size[2], plane = plan_.to_size[1] * row;
    ConvPass pass;
    pass.count = {z.count, y.count, x.count};
    pass.out_first = z.first_out * plane + y.first_out * row + x.first_out;
    pass.out_step = {z.out_step * plane, y.out_step * row, x.out_step};
    add_summands(z, y, x, pass);
    pass.pixels.reserve(static_cast<size_t>(pass.pixel_count()));
    const bool adjacent = z.out_step == 1 && y.out_step == 1 && x.out_step == 1;
    for (int64_t i = 0; i < z.count; ++i)
      for (int64_t j = 0; j < y.count; ++j)
        for (int64_t k = 0; k < x.count; ++k) {
          pass.pixels.push_back(i * z.from_step / plan_.sample[0] * patch.plane +
                                j * y.from_step / plan_.sample[1] * patch.row +
                                k * x.from_step / plan_.sample[2] / patch.phases);
          if (!adjacent)
            pass.places.push_back(i * pass.out_step[0] + j * pass.out_step[1] +
                                  k * pass.out_step[2]);
        }
    plan_.passes.push_back(std::move(pass));
  }

  void add_summands(const AxisPass& z, const AxisPass& y, const AxisPass& x, ConvPass& pass) {
    const PatchLayout& patch = plan_.patch;
    std::vector<int64_t> offsets;
    for (size_t i = 0; i < z.taps.size(); ++i)
      for (size_t j = 0; j < y.taps.size(); ++j)
        for (size_t k = 0; k < x.taps.size(); ++k) {
          pass.taps.push_back((z.taps[i] * shape_.kernel[1] + y.taps[j]) * shape_.kernel[2] +
                              x.taps[k]);
          const int64_t at = position(x, k, 2);
          offsets.push_back(position(z, i, 0) * patch.plane + position(y, j, 1) * patch.row +
                            at % patch.phases * patch.phase + at / patch.phases);
        }
    for (int64_t c = 0; c < plan_.from_channels; ++c)
      for (const int64_t offset : offsets) pass.summands.push_back(c * patch.channel + offset);
  }

  // In the patch, of a tap for the first pixel.
  int64_t position(const AxisPass& pass, size_t tap, size_t d) const {
    return (pass.from_first + pass.offsets[tap] - plan_.first[d]) / plan_.sample[d];
  }

  const ConvShape& shape_;
  MakeAxis make_axis_;
  ConvPlan& plan_;
  Lanes lanes_;
  Axis axes_[3];
};

ConvPlan forward_sizes(const ConvShape& s) {
  ConvPlan plan{};
  plan.batch = s.batch;
  plan.groups = s.groups;
  plan.from_channels = s.channels;
  plan.to_channels = s.filters;
  plan.from_size = s.in;
  plan.to_size = s.out;
  plan.taps = s.taps();
  plan.weight_from = s.taps();
  plan.weight_to = s.channels * s.taps();
  return plan;
}

}  // namespace

// A tile one vector wide waits for its loads.
double cost_of_lanes(int64_t n, int64_t width) { return waste(n, width) * (n <= width ? 1.1 : 1); }

double cost_of_plan(int64_t line, int64_t channels, int64_t depth, int64_t width) {
  return std::min(cost_of_lanes(line, width), cost_of_channels(channels, depth, width));
}

int64_t ConvPlan::work() const {
  return from_channels * to_channels * taps * std::min(from_count(), to_count());
}

int64_t ConvPlan::pixels_of(const ConvPass& pass, int64_t index) const {
  const int64_t places = std::min(band, to_size[axis] - index * band);
  const int64_t unit = axis == 0 ? to_size[1] * to_size[2] : axis == 1 ? to_size[2] : 1;
  const int64_t before = pass.out_first / unit % to_size[axis];
  const int64_t apart = pass.out_step[axis] / unit;
  const int64_t count = places > before ? (places - before - 1) / apart + 1 : 0;
  return pass.pixel_count() / pass.count[axis] * count;
}

ConvPlan plan_forward(const ConvShape& shape, Lanes lanes) {
  ConvPlan plan = forward_sizes(shape);
  Planner(shape, &forward_axis, plan, lanes).run(&prefers_pixels);
  return plan;
}

ConvPlan plan_weight_grad(const ConvShape& shape, Lanes lanes) {
  ConvPlan plan = forward_sizes(shape);
  Planner(shape, &forward_axis, plan, lanes).run(&prefers_dots);
  return plan;
}

ConvPlan plan_input_grad(const ConvShape& s, Lanes lanes) {
  ConvPlan plan{};
  plan.batch = s.batch;
  plan.groups = s.groups;
  plan.from_channels = s.filters;
  plan.to_channels = s.channels;
  plan.from_size = s.out;
  plan.to_size = s.in;
  plan.taps = s.taps();
  plan.weight_from = s.channels * s.taps();
  plan.weight_to = s.taps();
  Planner(s, &input_grad_axis, plan, lanes).run(&prefers_pixels);
  return plan;
}

}  // namespace lamina

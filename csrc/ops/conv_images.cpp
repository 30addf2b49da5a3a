#include "ops/conv_images.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/scratch.h"
#include "kernels/dispatch.h"

namespace lamina {

namespace {

constexpr int64_t kVectors = 2;        // of images in a chunk
constexpr int64_t kLeastChannels = 4;  // whose sums keep the processor busy
constexpr double kTurnPixel = 0.35;    // cost of turning a pixel, in vectors' multiplications

// The taps [first, end) of one dimension that lie inside for place `at`, and what the first reads.
struct Inside {
  int64_t first, end, from;
};
Inside inside(const ImagesPlan& plan, size_t d, int64_t at) {
  const int64_t start = at - plan.before[d];
  const int64_t first = std::max<int64_t>(0, -start);
  const int64_t end = std::min(plan.kernel[d], plan.from_size[d] - start);
  return {first, std::max(first, end), start + first};
}

// The part of all taps of one dimension that lies inside.
double part_inside(const ImagesPlan& plan, size_t d) {
  int64_t count = 0;
  for (int64_t i = 0; i < plan.to_size[d]; ++i) {
    const Inside taps = inside(plan, d, i);
    count += taps.end - taps.first;
  }
  return static_cast<double>(count) / static_cast<double>(plan.to_size[d] * plan.kernel[d]);
}

template <class T>
class Runner {
 public:
  Runner(const ImagesPlan& plan, const T* from, const T* weights, const T* bias, T* to)
      : plan_(plan), from_(from), weights_(weights), bias_(bias), to_(to) {
    const int64_t depth = plan.kernel[2] * plan.from_channels;
    summands_.reserve(depth);
    for (int64_t p = 0; p < depth; ++p) summands_.data()[p] = p * plan.chunk;
    turned_.reserve(plan.chunks() * plan.groups * turned_count());
  }

  void run() {
    const int64_t parts = plan_.chunks() * plan_.groups;
    const int64_t pixels = plan_.from_count() * plan_.chunk;
    parallel_for(parts * plan_.from_channels, grain(kConvTaskWork, 8 * pixels),
                 [&](int64_t begin, int64_t end) {
                   for (; begin < end; ++begin)
                     turn(begin / plan_.from_channels, begin % plan_.from_channels);
                 });
    parallel_for(parts * plan_.bands(), grain(kConvTaskWork, plan_.band * plan_.work()),
                 [&](int64_t begin, int64_t end) {
                   Scratch<T> sums(plan_.band * plan_.to_size[2] * pixel_count());
                   for (; begin < end; ++begin)
                     add_band(begin / plan_.bands(), begin % plan_.bands(), sums.data());
                 });
  }

 private:
  int64_t turned_count() const { return plan_.from_count() * plan_.from_channels * plan_.chunk; }
  int64_t pixel_count() const { return plan_.to_channels * plan_.chunk; }
  // Of a part, which is a chunk of images and a group.
  int64_t first_image(int64_t part) const { return part / plan_.groups * plan_.chunk; }
  int64_t images(int64_t part) const {
    return std::min(plan_.chunk, plan_.batch - first_image(part));
  }

  // One channel: images become adjacent, pixels as far apart as all channels of one.
  void turn(int64_t part, int64_t channel) {
    const int64_t count = plan_.from_count(), channels = plan_.groups * plan_.from_channels;
    const int64_t first = part % plan_.groups * plan_.from_channels + channel;
    kernels().get<T>().copy_matrix(
        count, images(part), from_ + (first_image(part) * channels + first) * count, 1,
        channels * count, turned_.data() + part * turned_count() + channel * plan_.chunk,
        plan_.from_channels * plan_.chunk);
  }

  // Some lines of the result, turned back in the end.
  void add_band(int64_t part, int64_t band, T* sums) {
    const int64_t group = part % plan_.groups, width = plan_.to_size[2], count = plan_.to_count();
    const int64_t top = band * plan_.band, end = std::min(top + plan_.band, plan_.to_size[1]);
    for (int64_t y = top; y < end; ++y)
      for (int64_t x = 0; x < width; ++x)
        add_pixel(part, y, x, sums + ((y - top) * width + x) * pixel_count());
    const int64_t channels = plan_.groups * plan_.to_channels;
    T* to = to_ + (first_image(part) * channels + group * plan_.to_channels) * count + top * width;
    for (int64_t c = 0; c < plan_.to_channels; ++c)
      kernels().get<T>().copy_matrix(images(part), (end - top) * width, sums + c * plan_.chunk, 1,
                                     pixel_count(), to + c * count, channels * count);
  }

  void add_pixel(int64_t part, int64_t y, int64_t x, T* sums) {
    const Inside rows = inside(plan_, 1, y), columns = inside(plan_, 2, x);
    const int64_t group = part % plan_.groups, pixel = plan_.from_channels * plan_.chunk;
    const int64_t tap = plan_.from_channels * plan_.to_channels, in_place = 0;
    ConvBlock<T> block{};
    block.pixels = block.line = images(part);
    block.channels = block.panel = plan_.to_channels;
    block.depth = (columns.end - columns.first) * plan_.from_channels;
    block.image = turned_.data() + part * turned_count() +
                  (rows.from * plan_.from_size[2] + columns.from) * pixel;
    block.image_pixels = &in_place;
    block.summands = summands_.data();
    block.weights =
        weights_ + (group * plan_.taps() + rows.first * plan_.kernel[2] + columns.first) * tap;
    block.out = sums;
    block.out_channel = plan_.chunk;
    block.out_step = 1;
    if (bias_ != nullptr) block.bias = bias_ + group * plan_.to_channels;
    block.runs = rows.end - rows.first;
    block.image_run = plan_.from_size[2] * pixel;
    block.weights_run = plan_.kernel[2] * tap;
    kernels().conv<T>().conv_pixels(block);
  }

  const ImagesPlan& plan_;
  const T* from_;
  const T* weights_;
  const T* bias_;
  T* to_;
  Scratch<int64_t> summands_;
  Scratch<T> turned_;
};

}  // namespace

ImagesPlan plan_images(const ConvShape& s, bool is_grad, Lanes lanes) {
  ImagesPlan plan{};
  plan.batch = s.batch;
  plan.groups = s.groups;
  plan.from_channels = is_grad ? s.filters : s.channels;
  plan.to_channels = is_grad ? s.channels : s.filters;
  plan.from_size = is_grad ? s.out : s.in;
  plan.to_size = is_grad ? s.in : s.out;
  plan.kernel = s.kernel;
  for (size_t d = 0; d < 3; ++d)
    plan.before[d] = is_grad ? s.kernel[d] - 1 - s.before[d] : s.before[d];
  plan.weight_from = is_grad ? s.channels * s.taps() : s.taps();
  plan.weight_to = is_grad ? s.taps() : s.channels * s.taps();
  plan.flipped = is_grad;
  const int64_t chunks = ceil_div(s.batch, kVectors * lanes.width);
  plan.chunk = ceil_div(ceil_div(s.batch, chunks), lanes.width) * lanes.width;
  const int64_t bands = ceil_div(kConvTasks, plan.chunks() * plan.groups);
  plan.band = ceil_div(plan.to_size[1], bands);
  return plan;
}

bool suits_images(const ConvShape& s, bool is_grad, Lanes lanes) {
  const Extent ones{1, 1, 1};
  if (s.stride != ones || s.dilation != ones || s.in[0] != 1 || s.out[0] != 1) return false;
  if (s.batch < lanes.width || (is_grad ? s.channels : s.filters) < kLeastChannels) return false;
  const ImagesPlan plan = plan_images(s, is_grad, lanes);
  const auto work =
      static_cast<double>(plan.from_channels * plan.to_channels * plan.taps() * plan.to_count());
  const auto turned = static_cast<double>(plan.from_channels * plan.from_count() +
                                          plan.to_channels * plan.to_count());
  const double lines =
      cost_of_lanes(s.batch, lanes.width) * part_inside(plan, 1) * part_inside(plan, 2);
  const double turning = kTurnPixel * static_cast<double>(lanes.width) * turned / work;
  return 1.1 * (lines + turning) < cost_of_plan(plan.to_size[2], plan.to_channels,
                                                plan.from_channels * plan.taps(), lanes.width);
}

template <class T>
void arrange_images_weights(const ImagesPlan& plan, const T* weight, T* arranged) {
  const int64_t taps = plan.taps(), tap = plan.from_channels * plan.to_channels;
  for (int64_t i = 0; i < plan.groups * taps; ++i) {
    const int64_t group = i / taps, at = plan.flipped ? taps - 1 - i % taps : i % taps;
    kernels().get<T>().copy_matrix(plan.from_channels, plan.to_channels,
                                   weight + group * taps * tap + at, plan.weight_from,
                                   plan.weight_to, arranged + i * tap, plan.to_channels);
  }
}

template <class T>
void run_images(const ImagesPlan& plan, const T* from, const T* weights, const T* bias, T* to) {
  Runner<T>(plan, from, weights, bias, to).run();
}

#define LAMINA_IMAGES(T)                                                 \
  template void arrange_images_weights(const ImagesPlan&, const T*, T*); \
  template void run_images(const ImagesPlan&, const T*, const T*, const T*, T*);
LAMINA_IMAGES(float)
LAMINA_IMAGES(double)
#undef LAMINA_IMAGES

}  // namespace lamina

// A contiguous tensor of shape (images, channels, ...) as its channels, whose numbers lie together
// only image by image: how passes over them are cut.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"
#include "core/shape.h"
#include "kernels/normalization.h"
#include "ops/loop.h"

namespace lamina {

struct Channels {
  int64_t images, channels, inner = 1;

  explicit Channels(const Dims& sizes) : images(sizes[0]), channels(sizes[1]) {
    for (int d = 2; d < sizes.size(); ++d) inner *= sizes[d];
  }

  int64_t image_stride() const { return channels * inner; }
  int64_t per_channel() const { return images * inner; }
  int64_t count() const { return images * image_stride(); }
};

// Parts of channels that stay in the cache from one pass to the next.
class ChannelPieces {
 public:
  explicit ChannelPieces(const Channels& all)
      : all_(all),
        width_(all.inner == 1 ? kColumns : 1),
        images_(std::clamp<int64_t>(kElements / std::max<int64_t>(1, width_ * all.inner), 1,
                                    std::max<int64_t>(1, all.images))),
        count_((all.images + images_ - 1) / images_) {}

  int64_t count() const { return count_; }
  // Elements of a channel in one piece.
  int64_t length(int64_t piece) const {
    return std::min(images_, all_.images - piece * images_) * all_.inner;
  }

  // Calls f(block, offset, result) for each piece of some channels; `result` counts the channels of
  // the first piece, then those of the second, and so on.
  template <class F>
  void each(F f) const {
    const int64_t chunks = (all_.channels + width_ - 1) / width_;
    const int64_t work = std::max<int64_t>(1, width_ * images_ * all_.inner);
    parallel_for(count_ * chunks, std::max<int64_t>(1, kCheapGrain / work),
                 [&](int64_t first, int64_t last) {
                   for (int64_t i = first; i < last; ++i) {
                     const int64_t image = i / chunks * images_, channel = i % chunks * width_;
                     f(ChannelBlock{std::min(images_, all_.images - image),
                                    std::min(width_, all_.channels - channel), all_.inner,
                                    all_.image_stride()},
                       image * all_.image_stride() + channel * all_.inner,
                       i / chunks * all_.channels + channel);
                   }
                 });
  }

 private:
  static constexpr int64_t kElements = int64_t{1} << 15, kColumns = 128;

  const Channels& all_;
  int64_t width_, images_, count_;
};

// The parts of passes over all elements in the order of memory: images, or where a channel has more
// than one number in an image, these. The first `tensors` operands have all elements.
inline exec::Parts parts_in_order(const Channels& all, int64_t item, size_t tensors) {
  const bool columns = all.inner == 1;
  const int64_t numbers = columns ? all.channels : all.inner;
  exec::Parts parts{.count = columns ? all.images : all.images * all.channels, .in_place = true};
  if (numbers == 0) return {.count = 0};
  parts.grain = std::max<int64_t>(1, kCheapGrain / numbers);
  for (size_t i = 0; i < tensors; ++i) parts.steps[i] = numbers * item;
  return parts;
}

// Calls f(block, offset, channel) until parts [begin, end) are covered.
template <class F>
void each_in_order(const Channels& all, int64_t begin, int64_t end, F f) {
  const int64_t stride = all.image_stride();
  if (all.inner == 1)
    return f(ChannelBlock{end - begin, all.channels, 1, stride}, begin * stride, int64_t{0});
  while (begin < end) {
    const int64_t channel = begin % all.channels;
    const int64_t some = std::min(all.channels - channel, end - begin);
    f(ChannelBlock{1, some, all.inner, stride}, begin * all.inner, channel);
    begin += some;
  }
}

}  // namespace lamina

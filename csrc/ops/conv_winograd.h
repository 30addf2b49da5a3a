// Convolutions of 3x3 by Winograd's tiles, F(2x2, 3x3) with 4/9 of the multiplications and
// F(4x4, 3x3) with 23/72 of them: which take part, and how they are cut. Infinities spread over a
// tile, where they become NaN.
#pragma once

#include <algorithm>

#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/conv_plan.h"

namespace lamina {

// One of the two images, with what lies before its first tile.
struct WinogradSide {
  int64_t channels, height, width, before_y, before_x;
  int64_t margin;  // lines that a tile has beyond its results
};

// From plane to plane of `count` vectors of `size` numbers, `width` more than these take: powers of
// 2 would put all planes in the same few sets of the first cache.
constexpr int64_t winograd_plane(int64_t count, int64_t size, int64_t width) {
  return count * size + width;
}

// A chunk is some rows of tiles of one image, or those of several images; it is worked off in
// blocks of rows.
struct WinogradPlan {
  int64_t batch, groups;
  WinogradSide from, to;
  int64_t weight_from, weight_to;  // strides of the filters
  bool flipped;
  int64_t width;  // of a vector
  int64_t panel;
  int64_t tile, tiles_x, tiles_y;  // results along a tile, tiles along an image
  int64_t chunk_images, chunk_rows, block_rows;

  int64_t planes() const { return winograd_planes(tile); }
  int64_t filter_plane() const { return winograd_plane(from.channels, panel, width); }
  int64_t block_tiles() const { return block_rows * tiles_x; }
  int64_t panels() const { return ceil_div(to.channels, panel); }
  int64_t chunks_y() const { return ceil_div(tiles_y, chunk_rows); }
  int64_t chunks() const { return ceil_div(batch, chunk_images) * chunks_y(); }
  // Multiplications of a chunk and group.
  int64_t work() const {
    return planes() * chunk_images * chunk_rows * tiles_x * from.channels * to.channels;
  }
};

bool suits_winograd(const ConvShape& shape);
WinogradPlan plan_winograd(const ConvShape& shape, Lanes lanes);
WinogradPlan plan_winograd_input_grad(const ConvShape& shape, Lanes lanes);

// The filters transformed: for each group and panel the planes, of a row a channel.
inline int64_t count_winograd_filters(const WinogradPlan& plan) {
  return plan.groups * plan.panels() * plan.planes() * plan.filter_plane();
}
template <class T>
void transform_filters(const WinogradPlan& plan, const T* weight, T* filters);
template <class T>
void run_winograd(const WinogradPlan& plan, const T* from, const T* filters, const T* bias, T* to);
// For a plan_winograd.
template <class T>
void run_winograd_weight_grad(const WinogradPlan& plan, const T* x, const T* grad, T* grad_weight);

// The rows of tiles of one chunk, counted through its images.
struct WinogradChunk {
  int64_t image, images, row, rows;

  WinogradChunk(const WinogradPlan& plan, int64_t index)
      : image(index / plan.chunks_y() * plan.chunk_images),
        images(std::min(plan.chunk_images, plan.batch - image)),
        row(index % plan.chunks_y() * plan.chunk_rows),
        rows(std::min(plan.chunk_rows, plan.tiles_y - row)) {}
  int64_t count() const { return images * rows; }
};

// Where the numbers of a block of tiles lie.
struct WinogradPlanes {
  int64_t step, plane;  // from tile to tile, from plane to plane

  WinogradPlanes(const WinogradPlan& plan, int64_t channels)
      : step(ceil_div(channels, plan.width) * plan.width),
        plane(winograd_plane(plan.block_tiles(), step, plan.width)) {}
};

// A chunk's part of some channels of the images of one side, turned so that these are adjacent;
// with zeros for lines outside.
template <class T>
class TurnedImages {
 public:
  TurnedImages(const WinogradPlan& plan, const WinogradSide& side, int64_t channels)
      : plan_(plan),
        side_(side),
        pixel_(ceil_div(channels, plan.width) * plan.width),
        line_(side.width * pixel_),
        lines_(plan.tile * plan.chunk_rows + side.margin) {
    memory_.reserve((plan.chunk_images * lines_ + plan.tile + side.margin) * line_);
    std::fill_n(memory_.data(), (plan.tile + side.margin) * line_, T(0));
  }

  // What the chunk reads of channels [first, first + channels) of one group.
  void read(const T* images, const WinogradChunk& chunk, int64_t group, int64_t first,
            int64_t channels) {
    chunk_ = &chunk;
    channels_ = channels;
    const int64_t top = plan_.tile * chunk.row - side_.before_y;
    const int64_t begin = std::clamp<int64_t>(-top, 0, lines_);
    const int64_t end = std::clamp<int64_t>(side_.height - top, begin, lines_);
    const int64_t count = side_.height * side_.width;
    for (int64_t i = 0; i < chunk.images; ++i) {
      const int64_t image = (chunk.image + i) * plan_.groups + group;
      const T* from = images + (image * side_.channels + first) * count;
      std::fill(line(i, 0), line(i, begin), T(0));
      std::fill(line(i, end), line(i, lines_), T(0));
      kernels().get<T>().copy_matrix((end - begin) * side_.width, channels,
                                     from + (top + begin) * side_.width, 1, count, line(i, begin),
                                     pixel_);
    }
  }

  // Row `index` of the chunk's tiles, to planes of a block in which it is row `place`.
  WinogradRow<T> row(int64_t index, const WinogradPlanes& planes, T* to, int64_t place) const {
    WinogradRow<T> row{};
    row.tile = plan_.tile;
    row.tiles = plan_.tiles_x;
    row.channels = channels_;
    row.pixels = line(index / chunk_->rows, plan_.tile * (index % chunk_->rows));
    row.line = line_;
    row.pixel = pixel_;
    row.width = side_.width;
    row.first = -side_.before_x;
    row.zeros = memory_.data();
    row.plane = planes.plane;
    row.plane_step = planes.step;
    row.planes = to + place * plan_.tiles_x * planes.step;
    return row;
  }

 private:
  // After those of zeros.
  T* line(int64_t image, int64_t i) const {
    return memory_.data() + (plan_.tile + side_.margin + image * lines_ + i) * line_;
  }

  const WinogradPlan& plan_;
  const WinogradSide& side_;
  int64_t pixel_, line_, lines_;  // from pixel to pixel, from line to line; lines of an image
  const WinogradChunk* chunk_ = nullptr;
  int64_t channels_ = 0;
  Scratch<T> memory_;
};

}  // namespace lamina

// Convolutions of 3x3 by Winograd's tiles F(2x2, 3x3), with 4/9 of the multiplications: which take
// part, and how they are cut. Infinities spread over a tile, where they become NaN.
#pragma once

#include <algorithm>

#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/conv_plan.h"

namespace lamina {

// One of the two images, with what lies before its first tile.
struct WinogradSide {
  int64_t channels, height, width, before_y, before_x;
  int64_t tall;  // lines of a tile
};

// A chunk is some rows of tiles of one image, or those of several images; it is worked off in
// blocks of rows.
struct WinogradPlan {
  int64_t batch, groups;
  WinogradSide from, to;
  int64_t weight_from, weight_to;  // strides of the filters
  bool flipped;
  int64_t panel;
  int64_t tiles_x, tiles_y;
  int64_t chunk_images, chunk_rows, block_rows;

  int64_t panels() const { return ceil_div(to.channels, panel); }
  int64_t chunks_y() const { return ceil_div(tiles_y, chunk_rows); }
  int64_t chunks() const { return ceil_div(batch, chunk_images) * chunks_y(); }
  // Multiplications of a chunk and group.
  int64_t work() const {
    return kWinogradPlanes * chunk_images * chunk_rows * tiles_x * from.channels * to.channels;
  }
};

bool suits_winograd(const ConvShape& shape);
WinogradPlan plan_winograd(const ConvShape& shape, Lanes lanes);
WinogradPlan plan_winograd_input_grad(const ConvShape& shape, Lanes lanes);

// The filters transformed: for each group and panel 16 planes of a row a channel.
inline int64_t count_winograd_filters(const WinogradPlan& plan) {
  return plan.groups * plan.panels() * kWinogradPlanes * plan.from.channels * plan.panel;
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

// A chunk's part of the images of one side, turned so that channels are adjacent.
template <class T>
class TurnedImages {
 public:
  TurnedImages(const WinogradPlan& plan, const WinogradSide& side) : plan_(plan), side_(side) {
    memory_.reserve(plan.chunk_images * (2 * plan.chunk_rows + 2) * side.width * side.channels);
  }

  // What the chunk reads of one group.
  void read(const T* images, const WinogradChunk& chunk, int64_t group) {
    chunk_ = &chunk;
    const int64_t bottom = 2 * (chunk.row + chunk.rows - 1) - side_.before_y + side_.tall;
    top_ = std::max<int64_t>(0, 2 * chunk.row - side_.before_y);
    lines_ = std::max<int64_t>(0, std::min(side_.height, bottom) - top_);
    const int64_t count = side_.height * side_.width;
    for (int64_t i = 0; i < chunk.images; ++i) {
      const int64_t image = (chunk.image + i) * plan_.groups + group;
      kernels().get<T>().copy_matrix(
          lines_ * side_.width, side_.channels,
          images + image * side_.channels * count + top_ * side_.width, 1, count,
          memory_.data() + i * lines_ * side_.width * side_.channels, side_.channels);
    }
  }

  // Row `index` of the chunk's tiles, channels [first, first + channels), to `planes`.
  WinogradRow<T> row(int64_t index, int64_t first, int64_t channels) const {
    WinogradRow<T> row{};
    row.tiles = plan_.tiles_x;
    row.channels = channels;
    row.width = side_.width;
    row.first = -side_.before_x;
    row.line_step = side_.channels;
    const int64_t y = 2 * (chunk_->row + index % chunk_->rows) - side_.before_y;
    for (int64_t i = 0; i < side_.tall; ++i) {
      if (y + i < 0 || y + i >= side_.height) continue;
      const int64_t line = index / chunk_->rows * lines_ + y + i - top_;
      row.lines[i] = memory_.data() + line * side_.width * side_.channels + first;
    }
    return row;
  }

 private:
  const WinogradPlan& plan_;
  const WinogradSide& side_;
  const WinogradChunk* chunk_ = nullptr;
  int64_t top_ = 0, lines_ = 0;
  Scratch<T> memory_;
};

}  // namespace lamina

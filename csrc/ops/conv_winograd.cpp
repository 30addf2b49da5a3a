#include "ops/conv_winograd.h"

#include "core/parallel.h"

namespace lamina {

namespace {

constexpr int64_t kLeastChannels = 16;      // below, transforms cost more than they save
constexpr int64_t kLeastTiles = 16;         // that repay the transforms of the filters
constexpr int64_t kLeastLargeTiles = 64;    // that repay those of more planes
constexpr int64_t kBlockTiles = 64;         // that share a pass over the filters
constexpr int64_t kFewTiles = 8;            // still do, where there are few images
constexpr int64_t kFewChunks = 4;           // of each of these
constexpr int64_t kBlockBytes = 512 << 10;  // of their planes
constexpr int64_t kChunkBytes = 256 << 10;  // of a chunk's part of an image

int64_t count_tiles(int64_t height, int64_t width, int64_t tile) {
  return ceil_div(height, tile) * ceil_div(width, tile);
}

// Large tiles, unless too much of them lies outside the image to save a tenth of the products.
int64_t choose_tile(int64_t batch, int64_t height, int64_t width, Lanes lanes) {
  const int64_t large = count_tiles(height, width, 4), small = count_tiles(height, width, 2);
  const bool saves = 10 * winograd_planes(4) * large <= 9 * winograd_planes(2) * small;
  return lanes.item == kLargeTileItem && saves && batch * large >= kLeastLargeTiles ? 4 : 2;
}

void cut(WinogradPlan& plan, const ConvShape& s, Lanes lanes) {
  plan.batch = s.batch;
  plan.groups = s.groups;
  plan.tile = choose_tile(s.batch, plan.to.height, plan.to.width, lanes);
  plan.tiles_y = ceil_div(plan.to.height, plan.tile);
  plan.tiles_x = ceil_div(plan.to.width, plan.tile);
  plan.width = lanes.width;
  plan.panel = std::min(kPanelVectors, ceil_div(plan.to.channels, lanes.width)) * lanes.width;
  const int64_t tile_bytes = plan.planes() * plan.from.channels * lanes.item;
  const int64_t tiles = std::min(kBlockTiles, std::max<int64_t>(12, kBlockBytes / tile_bytes));
  plan.block_rows = std::max<int64_t>(1, tiles / plan.tiles_x);
  const int64_t line_bytes = plan.from.width * plan.from.channels * lanes.item;
  int64_t rows = std::max<int64_t>(plan.block_rows, kChunkBytes / (plan.tile * line_bytes));
  if (s.batch * s.groups < kConvTasks) {
    const int64_t least = ceil_div(kFewTiles, plan.tiles_x);
    rows = std::max(ceil_div(plan.tiles_y, kFewChunks), least);
    plan.block_rows = rows = std::min(rows, plan.block_rows);
  }
  plan.chunk_images = std::clamp<int64_t>(plan.block_rows / plan.tiles_y, 1, s.batch);
  plan.chunk_rows = ceil_div(plan.tiles_y, ceil_div(plan.tiles_y, rows));
}

WinogradSide side_of(int64_t channels, const Extent& size, int64_t before_y, int64_t before_x,
                     int64_t margin) {
  return {channels, size[1], size[2], before_y, before_x, margin};
}

template <class T>
void transform_panel(const WinogradPlan& plan, const T* weight, int64_t panel, T* taps, T* to) {
  const int64_t width = plan.panel, depth = plan.from.channels;
  const int64_t group = panel / plan.panels(), first = panel % plan.panels() * width;
  const int64_t channels = std::min(width, plan.to.channels - first);
  if (channels < width) std::fill_n(taps, 9 * depth * width, T(0));
  const T* from = weight + group * plan.to.channels * depth * 9 + first * plan.weight_to;
  const int64_t run = plan.weight_from == 9 ? depth : 1;  // whose taps are adjacent
  for (int64_t c = 0; c < depth; c += run)
    kernels().get<T>().copy_matrix(9 * run, channels, from + c * plan.weight_from, 1,
                                   plan.weight_to, taps + c * 9 * width, width);
  WinogradFilters<T> filters{};
  filters.tile = plan.tile;
  filters.depth = depth;
  filters.panel = width;
  filters.taps = taps;
  filters.planes = to;
  filters.plane = plan.filter_plane();
  filters.flipped = plan.flipped;
  kernels().conv<T>().winograd_filters(filters);
}

// Works off chunks, on one thread.
template <class T>
class Worker {
 public:
  Worker(const WinogradPlan& plan, const T* filters, const T* bias, T* to)
      : plan_(plan),
        filters_(filters),
        bias_(bias),
        to_(to),
        from_planes_(plan, plan.from.channels),
        to_planes_(plan, plan.panel),
        turned_(plan, plan.from, plan.from.channels),
        planes_(plan.planes() * from_planes_.plane),
        sums_(plan.planes() * to_planes_.plane),
        pixels_((plan.tile * plan.block_rows + 1) * line()) {}

  void run(const T* from, int64_t index, int64_t group) {
    const WinogradChunk chunk(plan_, index);
    turned_.read(from, chunk, group, 0, plan_.from.channels);
    for (int64_t row = 0; row < chunk.count(); row += plan_.block_rows) {
      const int64_t end = std::min(row + plan_.block_rows, chunk.count());
      for (int64_t i = row; i < end; ++i)
        kernels().conv<T>().winograd_input(turned_.row(i, from_planes_, planes_.data(), i - row));
      for (int64_t panel = 0; panel < plan_.panels(); ++panel) {
        multiply((end - row) * plan_.tiles_x, group * plan_.panels() + panel);
        for (int64_t i = row; i < end; ++i) gather(i - row, group, panel);
        write(chunk, row, end, group, panel);
      }
    }
  }

 private:
  // As long as the tiles, so that one alone has room for its results outside the image.
  int64_t line() const { return plan_.tile * plan_.tiles_x * plan_.panel; }

  void multiply(int64_t tiles, int64_t panel) {
    GemmBlock<T> block{};
    block.m = tiles;
    block.n = block.panel = block.b_row = plan_.panel;
    block.k = plan_.from.channels;
    block.a_row = from_planes_.step;
    block.c_row = to_planes_.step;
    block.a_col = block.c_col = 1;
    for (int64_t plane = 0; plane < plan_.planes(); ++plane) {
      block.a = planes_.data() + plane * from_planes_.plane;
      block.b = filters_ + (panel * plan_.planes() + plane) * plan_.filter_plane();
      block.c = sums_.data() + plane * to_planes_.plane;
      kernels().get<T>().gemm_block(block);
    }
  }

  int64_t channels_of(int64_t panel) const {
    return std::min(plan_.panel, plan_.to.channels - panel * plan_.panel);
  }
  // Of row `place` of a block.
  T* pixels(int64_t place) const {
    return pixels_.data() + place * plan_.tile * plan_.to.width * plan_.panel;
  }

  // Row `place` of the block, from planes to pixels.
  void gather(int64_t place, int64_t group, int64_t panel) {
    WinogradRow<T> row{};
    row.tile = plan_.tile;
    row.tiles = plan_.tiles_x;
    row.channels = channels_of(panel);
    row.plane = to_planes_.plane;
    row.plane_step = to_planes_.step;
    row.planes = sums_.data() + place * plan_.tiles_x * to_planes_.step;
    row.pixels = pixels(place);
    row.line = plan_.to.width * plan_.panel;
    row.pixel = plan_.panel;
    if (bias_ != nullptr) row.bias = bias_ + group * plan_.to.channels + panel * plan_.panel;
    kernels().conv<T>().winograd_output(row);
  }

  // The pixels of the chunk's rows [begin, end), a block, to their images.
  void write(const WinogradChunk& chunk, int64_t begin, int64_t end, int64_t group, int64_t panel) {
    const WinogradSide& side = plan_.to;
    const int64_t count = side.height * side.width;
    for (int64_t row = begin, next; row < end; row = next) {
      const int64_t in_image = row % chunk.rows;
      next = std::min(end, row + chunk.rows - in_image);
      const int64_t y = plan_.tile * (chunk.row + in_image);
      const int64_t lines = std::min(plan_.tile * (next - row), side.height - y);
      const int64_t image = (chunk.image + row / chunk.rows) * plan_.groups + group;
      const int64_t channel = image * side.channels + panel * plan_.panel;
      kernels().get<T>().copy_matrix(channels_of(panel), lines * side.width, pixels(row - begin), 1,
                                     plan_.panel, to_ + channel * count + y * side.width, count);
    }
  }

  const WinogradPlan& plan_;
  const T* filters_;
  const T* bias_;
  T* to_;
  WinogradPlanes from_planes_, to_planes_;
  TurnedImages<T> turned_;
  Scratch<T> planes_, sums_, pixels_;
};

}  // namespace

bool suits_winograd(const ConvShape& s) {
  const Extent ones{1, 1, 1};
  return s.kernel == Extent{1, 3, 3} && s.stride == ones && s.dilation == ones && s.in[0] == 1 &&
         s.before[0] == 0 && s.before[1] <= 2 && s.before[2] <= 2 &&
         std::min(s.channels, s.filters) >= kLeastChannels &&
         s.batch * ceil_div(s.out[1], 2) * ceil_div(s.out[2], 2) >= kLeastTiles;
}

WinogradPlan plan_winograd(const ConvShape& s, Lanes lanes) {
  WinogradPlan plan{};
  plan.from = side_of(s.channels, s.in, s.before[1], s.before[2], 2);
  plan.to = side_of(s.filters, s.out, 0, 0, 0);
  plan.weight_from = 9;
  plan.weight_to = 9 * s.channels;
  cut(plan, s, lanes);
  return plan;
}

WinogradPlan plan_winograd_input_grad(const ConvShape& s, Lanes lanes) {
  WinogradPlan plan{};
  plan.from = side_of(s.filters, s.out, 2 - s.before[1], 2 - s.before[2], 2);
  plan.to = side_of(s.channels, s.in, 0, 0, 0);
  plan.weight_from = 9 * s.channels;
  plan.weight_to = 9;
  plan.flipped = true;
  cut(plan, s, lanes);
  return plan;
}

template <class T>
void transform_filters(const WinogradPlan& plan, const T* weight, T* filters) {
  const int64_t count = plan.from.channels * plan.panel;
  parallel_for(plan.groups * plan.panels(), grain(kConvTaskWork, 32 * count),
               [&](int64_t begin, int64_t end) {
                 Scratch<T> taps(9 * count);
                 for (; begin < end; ++begin)
                   transform_panel(plan, weight, begin, taps.data(),
                                   filters + begin * plan.planes() * plan.filter_plane());
               });
}

template <class T>
void run_winograd(const WinogradPlan& plan, const T* from, const T* filters, const T* bias, T* to) {
  parallel_for(plan.chunks() * plan.groups, grain(kConvTaskWork, plan.work()),
               [&](int64_t begin, int64_t end) {
                 Worker<T> worker(plan, filters, bias, to);
                 for (; begin < end; ++begin)
                   worker.run(from, begin / plan.groups, begin % plan.groups);
               });
}

#define LAMINA_WINOGRAD(T)                                            \
  template void transform_filters(const WinogradPlan&, const T*, T*); \
  template void run_winograd(const WinogradPlan&, const T*, const T*, const T*, T*);
LAMINA_WINOGRAD(float)
LAMINA_WINOGRAD(double)
#undef LAMINA_WINOGRAD

}  // namespace lamina

#include "ops/conv_winograd.h"

#include "core/parallel.h"

namespace lamina {

namespace {

constexpr int64_t kLeastChannels = 16;      // below, transforms cost more than they save
constexpr int64_t kLeastTiles = 16;         // that repay the transforms of the filters
constexpr int64_t kBlockTiles = 64;         // that share a pass over the filters
constexpr int64_t kFewTiles = 8;            // still do, where there are few images
constexpr int64_t kFewChunks = 4;           // of each of these
constexpr int64_t kBlockBytes = 512 << 10;  // of their planes
constexpr int64_t kChunkBytes = 256 << 10;  // of a chunk's part of an image

void cut(WinogradPlan& plan, const ConvShape& s, Lanes lanes) {
  plan.batch = s.batch;
  plan.groups = s.groups;
  plan.tiles_y = ceil_div(plan.to.height, 2);
  plan.tiles_x = ceil_div(plan.to.width, 2);
  plan.panel = std::min(kPanelVectors, ceil_div(plan.to.channels, lanes.width)) * lanes.width;
  const int64_t tile_bytes = kWinogradPlanes * plan.from.channels * lanes.item;
  const int64_t tiles = std::min(kBlockTiles, std::max<int64_t>(12, kBlockBytes / tile_bytes));
  plan.block_rows = std::max<int64_t>(1, tiles / plan.tiles_x);
  const int64_t line_bytes = plan.from.width * plan.from.channels * lanes.item;
  int64_t rows = std::max<int64_t>(plan.block_rows, kChunkBytes / (2 * line_bytes));
  if (s.batch * s.groups < kConvTasks) {
    const int64_t least = ceil_div(kFewTiles, plan.tiles_x);
    rows = std::max(ceil_div(plan.tiles_y, kFewChunks), least);
    plan.block_rows = rows = std::min(rows, plan.block_rows);
  }
  plan.chunk_images = std::clamp<int64_t>(plan.block_rows / plan.tiles_y, 1, s.batch);
  plan.chunk_rows = ceil_div(plan.tiles_y, ceil_div(plan.tiles_y, rows));
}

WinogradSide side_of(int64_t channels, const Extent& size, int64_t before_y, int64_t before_x,
                     int64_t tall) {
  return {channels, size[1], size[2], before_y, before_x, tall};
}

template <class T>
void transform_panel(const WinogradPlan& plan, const T* weight, int64_t panel, T* taps, T* to) {
  const int64_t width = plan.panel, depth = plan.from.channels, plane = depth * width;
  const int64_t group = panel / plan.panels(), first = panel % plan.panels() * width;
  const int64_t channels = std::min(width, plan.to.channels - first);
  if (channels < width) std::fill_n(taps, 9 * plane, T(0));
  const T* from = weight + group * plan.to.channels * depth * 9 + first * plan.weight_to;
  for (int64_t c = 0; c < depth; ++c)
    kernels().get<T>().copy_matrix(9, channels, from + c * plan.weight_from, 1, plan.weight_to,
                                   taps + c * 9 * width, width);
  kernels().conv<T>().winograd_filters({depth, width, taps, to, plane, plan.flipped});
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
        turned_(plan, plan.from),
        planes_(kWinogradPlanes * block_tiles() * plan.from.channels),
        sums_(kWinogradPlanes * block_tiles() * plan.panel),
        lines_(2 * plan.to.width * plan.panel) {}

  void run(const T* from, int64_t index, int64_t group) {
    const WinogradChunk chunk(plan_, index);
    turned_.read(from, chunk, group);
    for (int64_t row = 0; row < chunk.count(); row += plan_.block_rows) {
      const int64_t rows = std::min(plan_.block_rows, chunk.count() - row);
      for (int64_t i = 0; i < rows; ++i) transform(row + i, i);
      for (int64_t panel = 0; panel < plan_.panels(); ++panel) {
        multiply(rows * plan_.tiles_x, group * plan_.panels() + panel);
        for (int64_t i = 0; i < rows; ++i) finish(chunk, row + i, i, group, panel);
      }
    }
  }

 private:
  int64_t block_tiles() const { return plan_.block_rows * plan_.tiles_x; }

  void transform(int64_t index, int64_t place) {
    WinogradRow<T> row = turned_.row(index, 0, plan_.from.channels);
    row.plane_step = plan_.from.channels;
    row.plane = block_tiles() * row.plane_step;
    row.planes = planes_.data() + place * plan_.tiles_x * row.plane_step;
    kernels().conv<T>().winograd_input(row);
  }

  void multiply(int64_t tiles, int64_t panel) {
    GemmBlock<T> block{};
    block.m = tiles;
    block.n = block.panel = block.b_row = block.c_row = plan_.panel;
    block.k = block.a_row = plan_.from.channels;
    block.a_col = block.c_col = 1;
    for (int64_t plane = 0; plane < kWinogradPlanes; ++plane) {
      block.a = planes_.data() + plane * block_tiles() * plan_.from.channels;
      block.b = filters_ + (panel * kWinogradPlanes + plane) * block.k * block.n;
      block.c = sums_.data() + plane * block_tiles() * plan_.panel;
      kernels().get<T>().gemm_block(block);
    }
  }

  void finish(const WinogradChunk& chunk, int64_t index, int64_t place, int64_t group,
              int64_t panel) {
    const WinogradSide& side = plan_.to;
    const int64_t y = 2 * (chunk.row + index % chunk.rows), first = panel * plan_.panel;
    const int64_t channels = std::min(plan_.panel, side.channels - first);
    const int64_t lines = std::min<int64_t>(2, side.height - y);
    WinogradRow<T> row{};
    row.tiles = plan_.tiles_x;
    row.channels = channels;
    row.width = side.width;
    row.line_step = row.plane_step = plan_.panel;
    row.plane = block_tiles() * plan_.panel;
    row.planes = sums_.data() + place * plan_.tiles_x * plan_.panel;
    for (int64_t i = 0; i < lines; ++i) row.lines[i] = lines_.data() + i * side.width * plan_.panel;
    if (bias_ != nullptr) row.bias = bias_ + group * side.channels + first;
    kernels().conv<T>().winograd_output(row);
    const int64_t image = (chunk.image + index / chunk.rows) * plan_.groups + group;
    const int64_t count = side.height * side.width;
    kernels().get<T>().copy_matrix(channels, lines * side.width, lines_.data(), 1, plan_.panel,
                                   to_ + (image * side.channels + first) * count + y * side.width,
                                   count);
  }

  const WinogradPlan& plan_;
  const T* filters_;
  const T* bias_;
  T* to_;
  TurnedImages<T> turned_;
  Scratch<T> planes_, sums_, lines_;
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
  plan.from = side_of(s.channels, s.in, s.before[1], s.before[2], 4);
  plan.to = side_of(s.filters, s.out, 0, 0, 2);
  plan.weight_from = 9;
  plan.weight_to = 9 * s.channels;
  cut(plan, s, lanes);
  return plan;
}

WinogradPlan plan_winograd_input_grad(const ConvShape& s, Lanes lanes) {
  WinogradPlan plan{};
  plan.from = side_of(s.filters, s.out, 2 - s.before[1], 2 - s.before[2], 4);
  plan.to = side_of(s.channels, s.in, 0, 0, 2);
  plan.weight_from = 9 * s.channels;
  plan.weight_to = 9;
  plan.flipped = true;
  cut(plan, s, lanes);
  return plan;
}

template <class T>
void transform_filters(const WinogradPlan& plan, const T* weight, T* filters) {
  const int64_t plane = plan.from.channels * plan.panel;
  parallel_for(plan.groups * plan.panels(), grain(kConvTaskWork, 32 * plane),
               [&](int64_t begin, int64_t end) {
                 Scratch<T> taps(9 * plane);
                 for (; begin < end; ++begin)
                   transform_panel(plan, weight, begin, taps.data(),
                                   filters + begin * kWinogradPlanes * plane);
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

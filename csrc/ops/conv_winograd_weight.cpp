// The gradient of the filters through Winograd's tiles: products of planes, summed over tiles and
// images in an order that the sizes alone decide, and turned to taps in the end.
#include "core/parallel.h"
#include "ops/conv_winograd.h"

namespace lamina {

namespace {

constexpr int64_t kTasks = 8;  // fewer than elsewhere: each keeps sums of 16 planes

template <class T>
class WinogradWeightGrad {
 public:
  WinogradWeightGrad(const WinogradPlan& plan, const T* x, const T* grad)
      : plan_(plan),
        x_(x),
        grad_(grad),
        panels_(plan.groups * plan.panels()),
        pieces_(std::clamp<int64_t>(ceil_div(kTasks, panels_), 1, plan.chunks())),
        sums_(panels_ * pieces_ * kWinogradPlanes * plane()),
        rows_(plan.from.channels),
        columns_(block_tiles()) {
    for (int64_t i = 0; i < plan.from.channels; ++i) rows_.data()[i] = i;
    for (int64_t i = 0; i < block_tiles(); ++i) columns_.data()[i] = i * plan.from.channels;
  }

  void run(T* grad_weight) {
    const int64_t work = plan_.chunks() * plan_.work() / (pieces_ * plan_.panels());
    parallel_for(panels_ * pieces_, grain(kConvTaskWork, work), [&](int64_t begin, int64_t end) {
      Workspace space(*this);
      for (; begin < end; ++begin) add_piece(begin / pieces_, begin % pieces_, space);
    });
    parallel_for(panels_, grain(kConvTaskWork, 8 * pieces_ * kWinogradPlanes * plane()),
                 [&](int64_t begin, int64_t end) {
                   Scratch<T> taps(9 * plane());
                   for (; begin < end; ++begin) finish(begin, taps.data(), grad_weight);
                 });
  }

 private:
  struct Workspace {
    explicit Workspace(const WinogradWeightGrad& own)
        : x(own.plan_, own.plan_.from),
          grad(own.plan_, own.plan_.to),
          x_planes(kWinogradPlanes * own.block_tiles() * own.plan_.from.channels),
          grad_planes(kWinogradPlanes * own.block_tiles() * own.plan_.panel) {}
    TurnedImages<T> x, grad;
    Scratch<T> x_planes, grad_planes;
  };

  int64_t plane() const { return plan_.from.channels * plan_.panel; }
  int64_t block_tiles() const { return plan_.block_rows * plan_.tiles_x; }
  T* sums(int64_t panel, int64_t piece) const {
    return sums_.data() + (panel * pieces_ + piece) * kWinogradPlanes * plane();
  }
  int64_t first_of(int64_t panel) const { return panel % plan_.panels() * plan_.panel; }
  int64_t channels_of(int64_t panel) const {
    return std::min(plan_.panel, plan_.to.channels - first_of(panel));
  }

  void add_piece(int64_t panel, int64_t piece, Workspace& space) {
    const int64_t group = panel / plan_.panels(), chunks = plan_.chunks();
    const int64_t begin = chunks * piece / pieces_, end = chunks * (piece + 1) / pieces_;
    if (channels_of(panel) < plan_.panel)
      std::fill_n(space.grad_planes.data(), kWinogradPlanes * block_tiles() * plan_.panel, T(0));
    for (int64_t index = begin; index < end; ++index) {
      const WinogradChunk chunk(plan_, index);
      space.x.read(x_, chunk, group);
      space.grad.read(grad_, chunk, group);
      for (int64_t row = 0; row < chunk.count(); row += plan_.block_rows) {
        const int64_t rows = std::min(plan_.block_rows, chunk.count() - row);
        for (int64_t i = 0; i < rows; ++i) transform(row + i, i, panel, space);
        add_products(rows * plan_.tiles_x, sums(panel, piece), index > begin || row > 0, space);
      }
    }
  }

  void transform(int64_t index, int64_t place, int64_t panel, Workspace& space) {
    WinogradRow<T> x = space.x.row(index, 0, plan_.from.channels);
    x.plane_step = plan_.from.channels;
    x.plane = block_tiles() * x.plane_step;
    x.planes = space.x_planes.data() + place * plan_.tiles_x * x.plane_step;
    kernels().conv<T>().winograd_input(x);
    WinogradRow<T> grad = space.grad.row(index, first_of(panel), channels_of(panel));
    grad.plane_step = plan_.panel;
    grad.plane = block_tiles() * grad.plane_step;
    grad.planes = space.grad_planes.data() + place * plan_.tiles_x * grad.plane_step;
    kernels().conv<T>().winograd_grad(grad);
  }

  void add_products(int64_t tiles, T* sums, bool adds, const Workspace& space) {
    for (int64_t i = 0; i < kWinogradPlanes; ++i)
      kernels().conv<T>().gathered_product(
          {plan_.from.channels, tiles,
           space.x_planes.data() + i * block_tiles() * plan_.from.channels, rows_.data(),
           columns_.data(), space.grad_planes.data() + i * block_tiles() * plan_.panel, plan_.panel,
           sums + i * plane(), adds});
  }

  void finish(int64_t panel, T* taps, T* grad_weight) {
    GemmBlock<T> block{};
    block.m = kWinogradPlanes * plan_.from.channels;
    block.n = block.c_row = plan_.panel;
    block.c = sums(panel, 0);
    block.c_col = 1;
    if (pieces_ > 1) kernels().get<T>().gemm_combine(sums(panel, 0), pieces_, block);
    const int64_t depth = plan_.from.channels;
    kernels().conv<T>().winograd_filters_grad(
        {depth, plan_.panel, taps, sums(panel, 0), plane(), false});
    const int64_t filter = panel / plan_.panels() * plan_.to.channels + first_of(panel);
    kernels().get<T>().copy_matrix(channels_of(panel), 9 * depth, taps, 1, plan_.panel,
                                   grad_weight + filter * 9 * depth, 9 * depth);
  }

  const WinogradPlan& plan_;
  const T* x_;
  const T* grad_;
  int64_t panels_, pieces_;
  Scratch<T> sums_;
  Scratch<int64_t> rows_, columns_;
};

}  // namespace

template <class T>
void run_winograd_weight_grad(const WinogradPlan& plan, const T* x, const T* grad, T* grad_weight) {
  WinogradWeightGrad<T>(plan, x, grad).run(grad_weight);
}

template void run_winograd_weight_grad(const WinogradPlan&, const float*, const float*, float*);
template void run_winograd_weight_grad(const WinogradPlan&, const double*, const double*, double*);

}  // namespace lamina

// The gradient of the filters through Winograd's tiles: products of planes, summed over tiles and
// images in an order that the sizes alone decide, and turned to taps in the end.
#include "core/parallel.h"
#include "ops/conv_winograd.h"

namespace lamina {

namespace {

constexpr int64_t kTasks = 8;  // fewer than elsewhere: each keeps sums of all planes

template <class T>
class WinogradWeightGrad {
 public:
  WinogradWeightGrad(const WinogradPlan& plan, const T* x, const T* grad)
      : plan_(plan),
        x_(x),
        grad_(grad),
        panels_(plan.groups * plan.panels()),
        pieces_(std::clamp<int64_t>(ceil_div(kTasks, panels_), 1, plan.chunks())),
        x_planes_(plan, plan.from.channels),
        grad_planes_(plan, plan.panel),
        sums_(panels_ * pieces_ * planes()),
        rows_(plan.from.channels),
        columns_(plan.block_tiles()) {
    for (int64_t i = 0; i < plan.from.channels; ++i) rows_.data()[i] = i;
    for (int64_t i = 0; i < plan.block_tiles(); ++i) columns_.data()[i] = i * x_planes_.step;
  }

  void run(T* grad_weight) {
    const int64_t work = plan_.chunks() * plan_.work() / (pieces_ * plan_.panels());
    parallel_for(panels_ * pieces_, grain(kConvTaskWork, work), [&](int64_t begin, int64_t end) {
      Workspace space(*this);
      for (; begin < end; ++begin) add_piece(begin / pieces_, begin % pieces_, space);
    });
    parallel_for(panels_, grain(kConvTaskWork, 8 * pieces_ * planes()),
                 [&](int64_t begin, int64_t end) {
                   Scratch<T> taps(9 * plan_.from.channels * plan_.panel);
                   for (; begin < end; ++begin) finish(begin, taps.data(), grad_weight);
                 });
  }

 private:
  struct Workspace {
    explicit Workspace(const WinogradWeightGrad& own)
        : x(own.plan_, own.plan_.from, own.plan_.from.channels),
          grad(own.plan_, own.plan_.to, own.plan_.panel),
          x_planes(own.plan_.planes() * own.x_planes_.plane),
          grad_planes(own.plan_.planes() * own.grad_planes_.plane) {}
    TurnedImages<T> x, grad;
    Scratch<T> x_planes, grad_planes;
  };

  int64_t planes() const { return plan_.planes() * plan_.filter_plane(); }
  T* sums(int64_t panel, int64_t piece) const {
    return sums_.data() + (panel * pieces_ + piece) * planes();
  }
  int64_t first_of(int64_t panel) const { return panel % plan_.panels() * plan_.panel; }
  int64_t channels_of(int64_t panel) const {
    return std::min(plan_.panel, plan_.to.channels - first_of(panel));
  }

  void add_piece(int64_t panel, int64_t piece, Workspace& space) {
    const int64_t group = panel / plan_.panels(), chunks = plan_.chunks();
    const int64_t begin = chunks * piece / pieces_, end = chunks * (piece + 1) / pieces_;
    if (channels_of(panel) < plan_.panel)
      std::fill_n(space.grad_planes.data(), plan_.planes() * grad_planes_.plane, T(0));
    for (int64_t index = begin; index < end; ++index) {
      const WinogradChunk chunk(plan_, index);
      space.x.read(x_, chunk, group, 0, plan_.from.channels);
      space.grad.read(grad_, chunk, group, first_of(panel), channels_of(panel));
      for (int64_t row = 0; row < chunk.count(); row += plan_.block_rows) {
        const int64_t rows = std::min(plan_.block_rows, chunk.count() - row);
        for (int64_t i = 0; i < rows; ++i) {
          kernels().conv<T>().winograd_input(
              space.x.row(row + i, x_planes_, space.x_planes.data(), i));
          kernels().conv<T>().winograd_grad(
              space.grad.row(row + i, grad_planes_, space.grad_planes.data(), i));
        }
        add_products(rows * plan_.tiles_x, sums(panel, piece), index > begin || row > 0, space);
      }
    }
  }

  void add_products(int64_t tiles, T* sums, bool adds, const Workspace& space) {
    for (int64_t i = 0; i < plan_.planes(); ++i)
      kernels().conv<T>().gathered_product(
          {plan_.from.channels, tiles, space.x_planes.data() + i * x_planes_.plane, rows_.data(),
           columns_.data(), space.grad_planes.data() + i * grad_planes_.plane, plan_.panel,
           sums + i * plan_.filter_plane(), adds});
  }

  void finish(int64_t panel, T* taps, T* grad_weight) {
    const int64_t depth = plan_.from.channels;
    WinogradFilters<T> filters{};
    filters.tile = plan_.tile;
    filters.depth = depth;
    filters.panel = plan_.panel;
    filters.taps = taps;
    filters.planes = sums(panel, 0);
    filters.plane = plan_.filter_plane();
    filters.pieces = pieces_;
    filters.piece = planes();
    kernels().conv<T>().winograd_filters_grad(filters);
    const int64_t filter = panel / plan_.panels() * plan_.to.channels + first_of(panel);
    kernels().get<T>().copy_matrix(channels_of(panel), 9 * depth, taps, 1, plan_.panel,
                                   grad_weight + filter * 9 * depth, 9 * depth);
  }

  const WinogradPlan& plan_;
  const T* x_;
  const T* grad_;
  int64_t panels_, pieces_;
  WinogradPlanes x_planes_, grad_planes_;
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

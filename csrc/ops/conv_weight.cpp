// The gradient of a convolution's weight: sums over images and pixels, in an order that the sizes
// alone decide.
#include <algorithm>

#include "core/parallel.h"
#include "ops/conv_patch.h"
#include "ops/conv_run.h"

namespace lamina {

namespace {

constexpr int64_t kPixels = 128;  // whose gradients stay in the first cache meanwhile

template <class T>
class WeightGrad {
 public:
  WeightGrad(const ConvPlan& plan, const T* x, const T* grad)
      : plan_(plan), pass_(plan.passes.front()), x_(x), grad_(grad) {
    const int64_t panels = plan.groups * plan.panels();
    units_ = plan.batch * plan.bands;
    pieces_ = std::clamp<int64_t>(ceil_div(kConvTasks, panels), 1, units_);
    depth_ = static_cast<int64_t>(pass_.summands.size());
    if (plan.lanes_are_pixels) parts_ = kernels().get<T>().gemm_tiles.width;
    sums_.reserve(panels * pieces_ * piece_count());
  }

  void run(T* grad_weight) {
    const int64_t panels = plan_.groups * plan_.panels();
    const int64_t work = plan_.batch * plan_.work() / (pieces_ * plan_.panels());
    parallel_for(panels * pieces_, grain(kConvTaskWork, work), [&](int64_t begin, int64_t end) {
      Patch<T> patch(plan_);
      Scratch<T> turned(kPixels * plan_.panel);
      for (; begin < end; ++begin) add_piece(begin / pieces_, begin % pieces_, patch, turned);
    });
    parallel_for(panels, grain(kConvTaskWork, pieces_ * piece_count()),
                 [&](int64_t begin, int64_t end) {
                   for (; begin < end; ++begin) finish(begin, grad_weight);
                 });
  }

 private:
  int64_t piece_count() const { return depth_ * plan_.panel * parts_; }
  T* sums(int64_t panel, int64_t piece) const {
    return sums_.data() + (panel * pieces_ + piece) * piece_count();
  }
  int64_t channels_of(int64_t panel) const {
    return std::min(plan_.panel, plan_.to_channels - panel % plan_.panels() * plan_.panel);
  }

  // The sums of one piece of the images and bands, for one panel of one group.
  void add_piece(int64_t panel, int64_t piece, Patch<T>& patch, Scratch<T>& turned) {
    const int64_t group = panel / plan_.panels(), first = panel % plan_.panels() * plan_.panel;
    const int64_t begin = units_ * piece / pieces_, end = units_ * (piece + 1) / pieces_;
    if (channels_of(panel) < plan_.panel) std::fill_n(turned.data(), kPixels * plan_.panel, T(0));
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t image = unit / plan_.bands * plan_.groups + group, band = unit % plan_.bands;
      const T* read = patch.read(x_, image, band);
      const int64_t pixels = plan_.pixels_of(pass_, band);
      const int64_t start = band * pass_.pixel_count();
      const T* grad = grad_ + (image * plan_.to_channels + first) * plan_.to_count() + start;
      T* to = sums(panel, piece);
      if (plan_.lanes_are_pixels)
        kernels().conv<T>().conv_dots({pixels, plan_.to_channels, depth_, pass_.count[2], read,
                                       pass_.pixels.data(), pass_.summands.data(), grad,
                                       plan_.to_count(), to, unit > begin});
      else
        add_products(panel, read, grad, pixels, to, unit > begin, turned);
    }
  }

  // sums += image * grad, with the gradient's channels turned to be adjacent.
  void add_products(int64_t panel, const T* image, const T* grad, int64_t pixels, T* sums,
                    bool adds, Scratch<T>& turned) {
    for (int64_t i = 0; i < pixels; i += kPixels) {
      const int64_t count = std::min(kPixels, pixels - i);
      kernels().get<T>().copy_matrix(count, channels_of(panel), grad + i, 1, plan_.to_count(),
                                     turned.data(), plan_.panel);
      kernels().conv<T>().gathered_product({depth_, count, image, pass_.summands.data(),
                                            pass_.pixels.data() + i, turned.data(), plan_.panel,
                                            sums, adds || i > 0});
    }
  }

  // Adds up the pieces of a panel and turns them to filters by summands.
  void finish(int64_t panel, T* grad_weight) {
    GemmBlock<T> block{};
    block.m = depth_;
    block.n = block.c_row = plan_.panel * parts_;
    block.c = sums(panel, 0);
    block.c_col = 1;
    if (pieces_ > 1) kernels().get<T>().gemm_combine(sums(panel, 0), pieces_, block);
    if (parts_ > 1) kernels().conv<T>().conv_sum_lanes(depth_ * plan_.panel, sums(panel, 0));
    const int64_t filter =
        panel / plan_.panels() * plan_.to_channels + panel % plan_.panels() * plan_.panel;
    kernels().get<T>().copy_matrix(channels_of(panel), depth_, sums(panel, 0), 1, plan_.panel,
                                   grad_weight + filter * depth_, depth_);
  }

  const ConvPlan& plan_;
  const ConvPass& pass_;
  const T* x_;
  const T* grad_;
  int64_t units_, pieces_, depth_;
  int64_t parts_ = 1;  // of a sum, added up at the end
  Scratch<T> sums_;
};

}  // namespace

template <class T>
void run_weight_grad(const ConvPlan& plan, const T* x, const T* grad, T* grad_weight) {
  WeightGrad<T>(plan, x, grad).run(grad_weight);
}

template void run_weight_grad(const ConvPlan&, const float*, const float*, float*);
template void run_weight_grad(const ConvPlan&, const double*, const double*, double*);

}  // namespace lamina

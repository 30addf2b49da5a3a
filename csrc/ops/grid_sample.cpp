#include "ops/grid_sample.h"

#include <algorithm>

#include "autograd/node.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/loop.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

constexpr const char* kName = "grid_sample";
// Instructions for a place of a plane, roughly.
constexpr int64_t kPlaceCost = 8;

struct Sampling {
  GridSample sample;
  int64_t n, channels;

  int64_t x_at(int64_t image) const { return image * channels * sample.plane(); }
  int64_t y_at(int64_t image) const { return image * channels * sample.places; }
  int64_t grid_at(int64_t image) const { return image * sample.places * sample.axes; }
};

void check_shapes(const Tensor& x, const Tensor& grid, GridMode mode) {
  check<TypeError>(is_floating(x.dtype()) && grid.dtype() == x.dtype(), kName,
                   "expected input and grid of one floating type; got ", name(x.dtype()), " and ",
                   name(grid.dtype()));
  const int axes = x.ndim() - 2;
  const bool fits = (axes == 2 || axes == 3) && grid.ndim() == x.ndim() &&
                    grid.size(0) == x.size(0) && grid.sizes().back() == axes;
  check(fits, kName,
        "expected an input (N, C, H, W) and a grid (N, h, w, 2), or both with depth; got ",
        x.sizes(), " and ", grid.sizes());
  check(axes == 2 || mode != GridMode::kBicubic, kName,
        "expected an input (N, C, H, W) for bicubic sampling; got ", x.sizes());
  for (int d = 2; d < x.ndim(); ++d)
    check(x.size(d) > 0, kName, "expected images that are not empty; got shape ", x.sizes());
}

// Calls f(image, part) for runs of places of one image, with all of its channels.
template <class F>
void for_places(const Sampling& s, F f) {
  const int64_t grain = kCheapGrain / (kPlaceCost * (s.channels + kPlaceCost)) + 1;
  parallel_for(s.n * s.sample.places, grain, [&](int64_t first, int64_t last) {
    while (first < last) {
      const int64_t from = first % s.sample.places;
      const int64_t count = std::min(s.sample.places - from, last - first);
      f(first / s.sample.places, GridPart{s.channels, from, from + count});
      first += count;
    }
  });
}

Tensor sample_fwd(const Sampling& s, const Tensor& x, const Tensor& grid) {
  Dims sizes = grid.sizes();
  sizes.erase(sizes.size() - 1);
  sizes.insert(1, s.channels);
  const Tensor out = empty(sizes, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(kName, {&out}, {&x, &grid}, [s](exec::Buffers buffers) {
      for_places(s, [&](int64_t image, const GridPart& part) {
        kernels().resample<T>().grid_fwd(s.sample, part, buffers.get<T>(1) + s.x_at(image),
                                         buffers.get<T>(2) + s.grid_at(image),
                                         buffers.get<T>(0) + s.y_at(image));
      });
    });
  });
  return out;
}

// Places may meet in one element: each channel is one thread's.
Tensor grad_of_x(const Sampling& s, const Tensor& grad, const Tensor& grid, const Dims& sizes) {
  const Tensor out = empty(sizes, grad.dtype());
  visit_floating(grad.dtype(), [&]<class T>() {
    exec::launch("grid_sample_bwd_x", {&out}, {&grad, &grid}, [s](exec::Buffers buffers) {
      const int64_t work = s.sample.plane() + kPlaceCost * s.sample.places;
      const int64_t grain = std::max<int64_t>(1, kCheapGrain / (work + 1));
      parallel_for(s.n * s.channels, grain, [&](int64_t first, int64_t last) {
        T* to = buffers.get<T>(0);
        std::fill(to + first * s.sample.plane(), to + last * s.sample.plane(), T(0));
        while (first < last) {
          const int64_t image = first / s.channels;
          const int64_t count = std::min((image + 1) * s.channels, last) - first;
          kernels().resample<T>().grid_bwd_x(s.sample, GridPart{count, 0, s.sample.places},
                                             buffers.get<T>(1) + first * s.sample.places,
                                             buffers.get<T>(2) + s.grid_at(image),
                                             to + first * s.sample.plane());
          first += count;
        }
      });
    });
  });
  return out;
}

Tensor grad_of_grid(const Sampling& s, const Tensor& grad, const Tensor& x, const Tensor& grid) {
  const Tensor out = empty_like(grid);
  visit_floating(grad.dtype(), [&]<class T>() {
    exec::launch("grid_sample_bwd_grid", {&out}, {&grad, &x, &grid}, [s](exec::Buffers buffers) {
      for_places(s, [&](int64_t image, const GridPart& part) {
        kernels().resample<T>().grid_bwd_grid(
            s.sample, part, buffers.get<T>(1) + s.y_at(image), buffers.get<T>(2) + s.x_at(image),
            buffers.get<T>(3) + s.grid_at(image), buffers.get<T>(0) + s.grid_at(image));
      });
    });
  });
  return out;
}

}  // namespace

Tensor grid_sample(const Tensor& given, const Tensor& given_grid, GridMode mode,
                   GridPadding padding, bool align_corners) {
  check_shapes(given, given_grid, mode);
  const Tensor x = contiguous(given), grid = contiguous(given_grid);
  const int axes = x.ndim() - 2;
  Sampling s{{{1, 1, 1}, axes, 1, mode, padding, align_corners}, x.size(0), x.size(1)};
  for (int d = 0; d < axes; ++d) {
    s.sample.in[3 - axes + d] = x.size(2 + d);
    s.sample.places *= grid.size(1 + d);
  }
  const Tensor out = sample_fwd(s, x, grid);
  if (autograd::needs_grad(given, given_grid))
    autograd::record(kName, out, {&given, &given_grid},
                     [s, x = Saved(x), grid = Saved(grid)](Backward& b) {
                       b.once_differentiable();
                       const Tensor grad = contiguous(b.grad()), at = grid.get(b);
                       if (b.needs(0)) b.set(0, grad_of_x(s, grad, at, x.get(b).sizes()));
                       if (b.needs(1)) b.set(1, grad_of_grid(s, grad, x.get(b), at));
                     });
  return out;
}

}  // namespace lamina

// Dropout: one pass forward that draws and keeps the mask, one backward.
#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/draw.h"
#include "ops/loop.h"
#include "ops/random.h"

namespace lamina {

namespace {

// x (kept ? scale : 0), which is also how its gradient comes from that of the result.
Tensor masked_scale(const Tensor& x, const Tensor& kept, double scale);

void record_masked_scale(const Tensor& out, const Tensor& x, const Tensor& kept, double scale) {
  if (!autograd::needs_grad(x)) return;
  autograd::record("dropout", out, {&x},
                   [kept = autograd::Saved(kept), scale](autograd::Backward& b) {
                     b.set(0, masked_scale(b.grad(), kept.get(b), scale));
                   });
}

Tensor masked_scale(const Tensor& input, const Tensor& kept, double scale) {
  const Tensor x = contiguous(input);
  Tensor out = empty_like(x);
  const int64_t count = x.count();
  visit_floating(x.dtype(), [&]<class T>() {
    auto* kernel = kernels().get<T>().masked_scale;
    const exec::Parts parts{count, kCheapGrain, 64, {sizeof(T), sizeof(bool), sizeof(T)}, true};
    exec::launch_parts("dropout_bwd", {&out}, {&kept, &x}, parts,
                       [=](exec::Buffers buffers, int64_t begin, int64_t end) {
                         kernel(end - begin, buffers.get<T>(0) + begin,
                                buffers.get<bool>(1) + begin, buffers.get<T>(2) + begin,
                                static_cast<T>(scale));
                       });
  });
  record_masked_scale(out, x, kept, scale);
  return out;
}

}  // namespace

Tensor dropout(const Tensor& input, double p, const Source& source) {
  check_floating("dropout", input);
  check_probability("dropout", p);
  if (p == 0) return input;
  const Tensor x = contiguous(input);
  Tensor out = empty_like(x);
  const Tensor kept = empty(x.sizes(), DType::kBool);
  const double scale = p < 1 ? 1 / (1 - p) : 0;
  const uint64_t keep = threshold(1 - p, 16);
  const int64_t count = x.count();
  visit_floating(x.dtype(), [&]<class T>() {
    auto* kernel = kernels().get<T>().dropout_fwd;
    exec::launch("dropout", {&out, &kept}, {&x}, [=](exec::Buffers buffers) {
      T* y = buffers.get<T>(0);
      bool* mask = buffers.get<bool>(1);
      const T* from = buffers.get<T>(2);
      draw_blocks(*source, count, kHalvesPerBlock,
                  [=](int64_t begin, int64_t n, uint64_t seed, uint64_t block) {
                    kernel(n, y + begin, mask + begin, from + begin, seed, block, keep,
                           static_cast<T>(scale));
                  });
    });
  });
  record_masked_scale(out, x, kept, scale);
  return out;
}

}  // namespace lamina

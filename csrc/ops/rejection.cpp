// Draws by rejection: gamma, Poisson and binomial variables.
#include "kernels/rejection.h"

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/draw.h"
#include "ops/elementwise.h"
#include "ops/random.h"
#include "ops/view.h"

namespace lamina {

namespace {

using exec::Buffers;

// Numbers, and gradients of numbers, that are worth a second thread.
constexpr int64_t kRejectionGrain = int64_t{1} << 9;

template <class T, class Kernel, class... From>
void draw(Generator& generator, int64_t count, Kernel* kernel, T* y, const From*... from) {
  draw_blocks(
      generator, count, kRejectionsPerBlock,
      [=](int64_t begin, int64_t n, uint64_t seed, uint64_t block) {
        kernel(n, y + begin, (from + begin)..., seed, block);
      },
      kRejectionGrain);
}

Tensor log_gamma_bwd(const Tensor& concentration, const Tensor& y, const Tensor& grad) {
  const Tensor from = contiguous(grad);
  const Tensor out = empty_like(y);
  const int64_t count = y.count();
  visit_floating(y.dtype(), [&]<class T>() {
    auto* kernel = kernels().rejection<T>().log_gamma_bwd;
    exec::launch("log_gamma_bwd", {&out}, {&concentration, &y, &from}, [=](Buffers buffers) {
      parallel_for(count, kRejectionGrain, [=](int64_t begin, int64_t end) {
        kernel(end - begin, buffers.get<T>(0) + begin, buffers.get<T>(1) + begin,
               buffers.get<T>(2) + begin, buffers.get<T>(3) + begin);
      });
    });
  });
  return out;
}

}  // namespace

Tensor poisson(const Tensor& rate, const Source& source) {
  check_floating("poisson", rate);
  const Tensor rates = contiguous(detach(rate));
  const Tensor out = empty(rates.sizes(), rates.dtype());
  const int64_t count = out.count();
  visit_floating(out.dtype(), [&]<class T>() {
    auto* kernel = kernels().rejection<T>().poisson;
    exec::launch("poisson", {&out}, {&rates}, [=](Buffers buffers) {
      const T* from = buffers.get<T>(1);
      for (int64_t i = 0; i < count; ++i)
        check(from[i] >= 0, "poisson", "expected rates that are not negative; got ", from[i]);
      draw(*source, count, kernel, buffers.get<T>(0), from);
    });
  });
  return out;
}

Tensor binomial(const Tensor& count, const Tensor& p, const Source& source) {
  check_floating("binomial", count);
  check_floating("binomial", p);
  const DType dtype = result_type(count, p);
  const Dims sizes = broadcast("binomial", count.sizes(), p.sizes());
  const Tensor trials = contiguous(expand(cast(detach(count), dtype), sizes));
  const Tensor chances = contiguous(expand(cast(detach(p), dtype), sizes));
  const Tensor out = empty(sizes, dtype);
  const int64_t size = out.count();
  visit_floating(dtype, [&]<class T>() {
    auto* kernel = kernels().rejection<T>().binomial;
    exec::launch("binomial", {&out}, {&trials, &chances}, [=](Buffers buffers) {
      const T *most = buffers.get<T>(1), *chance = buffers.get<T>(2);
      for (int64_t i = 0; i < size; ++i) {
        check(most[i] >= 0, "binomial", "expected counts that are not negative; got ", most[i]);
        check_probability("binomial", static_cast<double>(chance[i]));
      }
      draw(*source, size, kernel, buffers.get<T>(0), most, chance);
    });
  });
  return out;
}

Tensor log_gamma_variable(const Tensor& concentration, const Source& source) {
  check_floating("log_gamma_variable", concentration);
  const Tensor from = contiguous(concentration);
  const Tensor out = empty(from.sizes(), from.dtype());
  const int64_t count = out.count();
  visit_floating(out.dtype(), [&]<class T>() {
    auto* kernel = kernels().rejection<T>().log_gamma_fwd;
    exec::launch("log_gamma_variable", {&out}, {&from}, [=](Buffers buffers) {
      draw(*source, count, kernel, buffers.get<T>(0), static_cast<const T*>(buffers.get<T>(1)));
    });
  });
  if (autograd::needs_grad(from)) {
    auto way_back = [from = autograd::Saved(from),
                     y = autograd::Saved::output(out)](autograd::Backward& b) {
      b.once_differentiable();
      b.set(0, log_gamma_bwd(from.get(b), y.get(b), b.grad()));
    };
    autograd::record("log_gamma_variable", out, {&from}, std::move(way_back));
  }
  return out;
}

}  // namespace lamina

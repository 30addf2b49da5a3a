#include "ops/copy.h"

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/inplace.h"
#include "ops/loop.h"

namespace lamina {

namespace {

using autograd::Backward;

void launch_copy(const Tensor& to, const Tensor& from) {
  CastKernel* kernel = kernels().cast[static_cast<int>(from.dtype())][static_cast<int>(to.dtype())];
  const Loop loop{&to, &from};
  const auto body = [loop, kernel](exec::Buffers buffers, int64_t begin, int64_t end) {
    run(loop, buffers, begin, end,
        [kernel](const Strip& strip, const OperandPointers& at) { kernel(strip, at[0], at[1]); });
  };
  exec::launch_parts("copy", {&to}, {&from}, loop.parts(kCheapGrain), body);
}

template <class Value>
void launch_fill(const Tensor& target, Value value) {
  const Loop loop{&target};
  visit(target.dtype(), [&]<class T>() {
    const T converted = static_cast<T>(value);
    auto* kernel = kernels().number<T>().fill;
    const auto body = [loop, kernel, converted](exec::Buffers buffers, int64_t begin, int64_t end) {
      run(loop, buffers, begin, end, [&](const Strip& strip, const OperandPointers& at) {
        auto* y = reinterpret_cast<T*>(at[0]);
        for (int64_t row = 0; row < strip.rows; ++row, y += strip.outer[0])
          if (strip.inner[0] == 1)
            kernel(strip.n, y, converted);
          else
            for (int64_t i = 0; i < strip.n; ++i) y[i * strip.inner[0]] = converted;
      });
    };
    exec::launch_parts("fill", {&target}, {}, loop.parts(kCheapGrain), body);
  });
}

template <class Value>
Tensor make_full(const Dims& sizes, Value value, DType dtype) {
  Tensor out = empty(sizes, dtype);
  launch_fill(out, value);
  return out;
}

template <class Value>
void fill_in_place(const Tensor& target, Value value) {
  check_inplace("fill_", target);
  Ref<autograd::Node> node;
  if (autograd::needs_grad(target)) {
    auto way_back = [](Backward& b) { b.set(0, zeros(b.grad().sizes(), b.grad().dtype())); };
    node = autograd::make_node("fill_", {&target}, way_back);
  }
  launch_fill(target, value);
  finish_inplace(target, std::move(node));
}

}  // namespace

Tensor full(const Dims& sizes, double value, DType dtype) { return make_full(sizes, value, dtype); }
Tensor full(const Dims& sizes, int64_t value, DType dtype) {
  return make_full(sizes, value, dtype);
}
Tensor zeros(const Dims& sizes, DType dtype) { return make_full(sizes, int64_t{0}, dtype); }

Tensor arange(double start, double step, int64_t count, DType dtype) {
  Tensor out = empty({count}, dtype);
  visit(dtype, [&]<class T>() {
    auto* kernel = kernels().number<T>().arange;
    exec::launch("arange", {&out}, {},
                 [=](exec::Buffers buffers) { kernel(count, buffers.get<T>(0), 0, start, step); });
  });
  return out;
}

Tensor clone(const Tensor& tensor) {
  Tensor out = empty(tensor.sizes(), tensor.dtype());
  launch_copy(out, tensor);
  if (autograd::needs_grad(tensor))
    autograd::record("clone", out, {&tensor}, [](Backward& b) { b.set(0, b.grad()); });
  return out;
}

Tensor contiguous(const Tensor& tensor) { return tensor.contiguous() ? tensor : clone(tensor); }

Tensor cast(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  Tensor out = empty(tensor.sizes(), dtype);
  launch_copy(out, tensor);
  // The engine converts the gradient back.
  if (is_floating(dtype) && autograd::needs_grad(tensor))
    autograd::record("to", out, {&tensor}, [](Backward& b) { b.set(0, b.grad()); });
  return out;
}

void copy_(const Tensor& target, const Tensor& source) {
  check_inplace("copy_", target);
  check(broadcast("copy_", target.sizes(), source.sizes()) == target.sizes(), "copy_",
        "expected a source that broadcasts to shape ", target.sizes(), "; got ", source.sizes());
  Ref<autograd::Node> node;
  if (autograd::needs_grad(target, source) && is_floating(target.dtype())) {
    auto way_back = [](Backward& b) {
      if (b.needs(0)) b.set(0, zeros(b.grad().sizes(), b.grad().dtype()));
      b.set(1, b.grad());
    };
    node = autograd::make_node("copy_", {&target, &source}, way_back);
  }
  const bool aliases = target->storage == source->storage;
  launch_copy(target, aliases && !target.same(source) ? clone(detach(source)) : source);
  finish_inplace(target, std::move(node));
}

void fill_(const Tensor& target, double value) { fill_in_place(target, value); }
void fill_(const Tensor& target, int64_t value) { fill_in_place(target, value); }
void zero_(const Tensor& target) { fill_in_place(target, int64_t{0}); }

}  // namespace lamina

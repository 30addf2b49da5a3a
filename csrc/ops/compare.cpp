// Comparisons, and the choice by what they give.
#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/elementwise_map.h"

namespace lamina {

Tensor compare(CompareOp op, const Tensor& left, const Tensor& right) {
  static constexpr const char* kNames[] = {
#define COMPARE(name, expression) #name,
#include "kernels/compare.def"
#undef COMPARE
  };
  const char* op_name = kNames[static_cast<int>(op)];
  const DType dtype = result_type(left, right);
  const Tensor a = cast(left, dtype);
  const Tensor b = cast(right, dtype);
  Tensor y = empty(broadcast(op_name, a.sizes(), b.sizes()), DType::kBool);
  visit(dtype, [&]<class T>() {
    auto* kernel = kernels().number<T>().elementwise.compare[static_cast<int>(op)];
    launch_map(
        op_name, kCheapGrain, y,
        [kernel](const Strip& strip, const OperandPointers& at) {
          kernel(strip, reinterpret_cast<bool*>(at[0]), reinterpret_cast<const T*>(at[1]),
                 reinterpret_cast<const T*>(at[2]));
        },
        a, b);
  });
  return y;
}

Tensor where(const Tensor& mask, const Tensor& left, const Tensor& right) {
  check<TypeError>(mask.dtype() == DType::kBool, "where", "expected a mask of type bool; got ",
                   name(mask.dtype()));
  const DType dtype = result_type(left, right);
  const Tensor a = cast(left, dtype);
  const Tensor b = cast(right, dtype);
  Tensor y =
      empty(broadcast("where", mask.sizes(), broadcast("where", a.sizes(), b.sizes())), dtype);
  visit(dtype, [&]<class T>() {
    auto* kernel = kernels().number<T>().where;
    launch_map(
        "where", kCheapGrain, y,
        [kernel](const Strip& strip, const OperandPointers& at) {
          kernel(strip, reinterpret_cast<T*>(at[0]), reinterpret_cast<const bool*>(at[1]),
                 reinterpret_cast<const T*>(at[2]), reinterpret_cast<const T*>(at[3]));
        },
        mask, a, b);
  });
  if (autograd::needs_grad(a, b))
    autograd::record("where", y, {&a, &b},
                     [mask = autograd::Saved(mask)](autograd::Backward& back) {
                       const Tensor chosen = mask.get(back);
                       if (back.needs(0)) back.set(0, select(chosen, back.grad(), 0.0));
                       if (back.needs(1)) back.set(1, select(chosen, 0.0, back.grad()));
                     });
  return y;
}

}  // namespace lamina

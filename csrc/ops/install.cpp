#include "ops/install.h"

#include "autograd/engine.h"
#include "exec/launch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/inplace.h"
#include "ops/reduce.h"

namespace lamina {

void install_ops() {
  autograd::refresh_view = &refresh_view;
  autograd::arithmetic = {
      .add = [](const Tensor& a, const Tensor& b) { return add(a, b); },
      .add_into =
          [](const Tensor& target, const Tensor& other) {
            const autograd::Scoped quiet(autograd::grad_enabled, false);
            binary_(BinaryOp::add, target, other);
          },
      .sum_to = [](const Tensor& grad, const Dims& sizes,
                   DType dtype) { return sum_to(grad, sizes, dtype); },
      .copy = [](const Tensor& tensor) { return clone(tensor); },
      .ones_like = [](const Tensor& tensor) { return full(tensor.sizes(), 1.0, tensor.dtype()); },
      .has_nan =
          [](const Tensor& tensor) {
            const autograd::Scoped quiet(autograd::grad_enabled, false);
            const Tensor count = sum(cast(tensor != tensor, DType::kInt64), {}, false);
            exec::value_read("detect_anomaly", "look for NaN in eager steps");
            return *count.data<int64_t>() > 0;
          },
  };
}

}  // namespace lamina

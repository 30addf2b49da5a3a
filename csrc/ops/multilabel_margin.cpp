// The multi-label margin loss: in each row, how far the scores of other classes come within 1 of
// those of its own.
#include <algorithm>

#include "autograd/node.h"
#include "core/scratch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/loop.h"
#include "ops/loss.h"
#include "ops/reduce.h"
#include "ops/view.h"

namespace lamina {

namespace {

constexpr const char* kName = "multilabel_margin_loss";

// The loss of one row; `slopes` are its derivatives, `own` is working space.
template <class T>
T row_loss(int64_t classes, const T* x, const int64_t* target, T* slopes, bool* own) {
  std::fill_n(slopes, classes, T(0));
  std::fill_n(own, classes, false);
  int64_t labels = 0;
  for (; labels < classes && target[labels] != -1; ++labels) {
    const int64_t at = target[labels];
    check<IndexError>(at >= 0 && at < classes, kName, "expected class indices in [0, ", classes,
                      "), up to a -1; got ", at);
    own[at] = true;
  }
  const T share = T(1) / static_cast<T>(classes);
  T loss = 0;
  for (int64_t j = 0; j < labels; ++j)
    for (int64_t i = 0; i < classes; ++i) {
      const T lag = 1 - x[target[j]] + x[i];
      if (own[i] || !(lag > 0)) continue;
      loss += lag * share;
      slopes[i] += share;
      slopes[target[j]] -= share;
    }
  return loss;
}

}  // namespace

Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target, LossReduction reduction) {
  check<TypeError>(is_floating(input.dtype()) && category(target.dtype()) == Category::kInteger,
                   kName, "expected a floating input and integer targets; got ",
                   name(input.dtype()), " and ", name(target.dtype()));
  check(input.ndim() == 1 || input.ndim() == 2, kName,
        "expected an input (classes) or (N, classes); got shape ", input.sizes());
  check(input.sizes() == target.sizes(), kName, "expected a target of the input's shape ",
        input.sizes(), "; got ", target.sizes());
  const Tensor x = contiguous(input), index = contiguous(cast(target, DType::kInt64));
  const int64_t classes = x.size(x.ndim() - 1), rows = x.ndim() == 1 ? 1 : x.size(0);
  const Tensor losses = empty(x.ndim() == 1 ? Dims{} : Dims{rows}, x.dtype());
  const Tensor slopes = empty_like(x);
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(kName, {&losses, &slopes}, {&x, &index}, [rows, classes](exec::Buffers at) {
      const int64_t grain = kCheapGrain / std::max<int64_t>(1, classes * classes);
      parallel_for(rows, std::max<int64_t>(1, grain), [&](int64_t first, int64_t last) {
        const Scratch<bool> own(classes);
        for (int64_t row = first; row < last; ++row) {
          const int64_t from = row * classes;
          at.get<T>(0)[row] = row_loss<T>(classes, at.get<T>(2) + from, at.get<int64_t>(3) + from,
                                          at.get<T>(1) + from, own.data());
        }
      });
    });
  });
  if (autograd::needs_grad(input))
    autograd::record(kName, losses, {&input},
                     [slopes = autograd::Saved(slopes)](autograd::Backward& b) {
                       const Tensor saved = slopes.get(b);
                       b.set(0, saved * (saved.ndim() == 1 ? b.grad() : unsqueeze(b.grad(), 1)));
                     });
  if (reduction == LossReduction::kNone) return losses;
  return reduction == LossReduction::kSum ? sum(losses, {}, false) : mean(losses, {}, false);
}

}  // namespace lamina

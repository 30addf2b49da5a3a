// The negative log-likelihood of classes, by their log-probabilities.
#include "autograd/node.h"
#include "ops/class_targets.h"
#include "ops/elementwise.h"

namespace lamina {

namespace {

ClassResult nll_fwd(const Indexed& from) {
  const ClassTasks tasks = from.tasks();
  ClassResult result{empty(from.result_sizes(), from.x.dtype()), empty({1}, from.x.dtype())};
  visit_floating(from.x.dtype(), [&]<class T>() {
    exec::launch(
        from.op, {&result.out, &result.kept}, {&from.x, &from.index, &from.weight_or_index()},
        [tasks, reduction = from.reduction, make = from.targets<T>()](exec::Buffers at) {
          const T* x = at.get<T>(2);
          const ClassTargets<T> targets = make(at.get<int64_t>(3), at.get<T>(4));
          reduce_losses(tasks, targets, reduction, at.get<T>(0), at.get<T>(1),
                        [&](const ClassTask& task, T* losses) {
                          const T* scores = x + task.at;
                          for (int64_t i = 0; i < task.block.lines; ++i) {
                            const int64_t line = task.line + i;
                            const T* own = scores + i * tasks.line_step();
                            losses[i] = targets.counts(line)
                                            ? -targets.own(line) *
                                                  own[targets.index[line] * tasks.class_step()]
                                            : T(0);
                          }
                        });
        });
  });
  return result;
}

Tensor nll_grad(const Indexed& from, const Tensor& kept, const Tensor& grad) {
  if (!autograd::grad_enabled) return class_shares(from, kept, -grad);
  const Shares composed(from, kept, grad);
  return -(composed.grad * composed.shares);
}

}  // namespace

Tensor nll_loss(const Tensor& input, const Tensor& target, const ClassLoss& options) {
  return indexed_loss(input, target, options, &nll_fwd, &nll_grad);
}

}  // namespace lamina

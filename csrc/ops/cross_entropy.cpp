// Cross-entropy of class scores: one pass forward that keeps each prediction's log of summed
// exponentials, one pass backward.
#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/class_targets.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "ops/view.h"

namespace lamina {

namespace {

// The losses of one task, from logsumexp, which it fills.
template <class T>
void cross_entropies(const ClassTasks& tasks, const ClassTask& task, const ClassTargets<T>& targets,
                     const T* x, T* logsumexp, T* losses) {
  const LossKernels<T>& kernel = kernels().loss<T>();
  kernel.class_logsumexp(task.block, x, logsumexp);
  const T each = targets.each();
  const T all = each > 0 ? static_cast<T>(static_cast<double>(each) * targets.sum_of_weights()) : 0;
  T scores[kMostClassLines];
  if (each > 0) kernel.class_dot(task.block, x, targets.weight, scores);
  for (int64_t i = 0; i < task.block.lines; ++i) {
    const int64_t line = task.line + i;
    losses[i] = 0;
    if (!targets.counts(line)) continue;
    const T own = targets.own(line);
    const T score = x[i * tasks.line_step() + targets.index[line] * tasks.class_step()];
    losses[i] = own * (logsumexp[i] - score);
    if (each > 0) losses[i] += all * logsumexp[i] - each * scores[i];
  }
}

ClassResult cross_entropy_fwd(const Indexed& from) {
  const ClassTasks tasks = from.tasks();
  ClassResult result{empty(from.result_sizes(), from.x.dtype()),
                     empty({tasks.all() + 1}, from.x.dtype())};
  visit_floating(from.x.dtype(), [&]<class T>() {
    exec::launch(from.op, {&result.out, &result.kept},
                 {&from.x, &from.index, &from.weight_or_index()},
                 [tasks, reduction = from.reduction, make = from.targets<T>()](exec::Buffers at) {
                   T* kept = at.get<T>(1);
                   const T* x = at.get<T>(2);
                   const ClassTargets<T> targets = make(at.get<int64_t>(3), at.get<T>(4));
                   reduce_losses(tasks, targets, reduction, at.get<T>(0), kept + tasks.all(),
                                 [&](const ClassTask& task, T* losses) {
                                   cross_entropies(tasks, task, targets, x + task.at,
                                                   kept + task.line, losses);
                                 });
                 });
  });
  return result;
}

// The gradients of one task.
template <class T>
void cross_entropy_grads(const ClassTasks& tasks, const ClassTask& task,
                         const ClassTargets<T>& targets, const T* x, const T* logsumexp,
                         const T* scales, T* grad_x) {
  T totals[kMostClassLines], shares[kMostClassLines];
  const T each = targets.each();
  const T all = each > 0 ? static_cast<T>(static_cast<double>(each) * targets.sum_of_weights()) : 0;
  for (int64_t i = 0; i < task.block.lines; ++i) {
    const bool counts = targets.counts(task.line + i);
    shares[i] = counts ? each * scales[i] : 0;
    totals[i] = counts ? (targets.own(task.line + i) + all) * scales[i] : 0;
  }
  kernels().loss<T>().class_grad(
      task.block, x, {logsumexp, totals, each > 0 ? shares : nullptr, targets.weight}, grad_x);
  for (int64_t i = 0; i < task.block.lines; ++i) {
    const int64_t line = task.line + i;
    if (targets.counts(line))
      grad_x[i * tasks.line_step() + targets.index[line] * tasks.class_step()] -=
          targets.own(line) * scales[i];
  }
}

Tensor cross_entropy_bwd(const Indexed& from, const Tensor& kept, const Tensor& grad) {
  const ClassTasks tasks = from.tasks();
  const Tensor g = contiguous(grad);
  Tensor out = empty_like(from.x);
  visit_floating(out.dtype(), [&]<class T>() {
    exec::launch(from.op, {&out}, {&from.x, &from.index, &from.weight_or_index(), &kept, &g},
                 [tasks, each = from.each(), make = from.targets<T>()](exec::Buffers at) {
                   const T* x = at.get<T>(1);
                   const T* kept_sums = at.get<T>(4);
                   const ClassTargets<T> targets = make(at.get<int64_t>(2), at.get<T>(3));
                   parallel_for(tasks.count, tasks.grain(), [&](int64_t first, int64_t last) {
                     for (int64_t i = first; i < last; ++i) {
                       const ClassTask task = tasks[i];
                       T buffer[kMostClassLines];
                       const T* scales =
                           scales_of(task, at.get<T>(5), each, kept_sums[tasks.all()], buffer);
                       cross_entropy_grads(tasks, task, targets, x + task.at, kept_sums + task.line,
                                           scales, at.get<T>(0) + task.at);
                     }
                   });
                 });
  });
  return out;
}

Tensor cross_entropy_grad(const Indexed& from, const Tensor& kept, const Tensor& grad) {
  if (!autograd::grad_enabled) return cross_entropy_bwd(from, kept, grad);
  const Shares composed(from, kept, grad);
  const int dim = class_dim(from.x);
  const Tensor totals = sum(composed.shares, {dim}, true);
  return composed.grad * (softmax(from.x, dim) * totals - composed.shares);
}

// Of probabilities: softmax and sums say it all.
Tensor soft_cross_entropy(const Tensor& input, const Tensor& target, const ClassLoss& options) {
  check<TypeError>(is_floating(target.dtype()), options.op,
                   "expected probabilities of a floating type for a target in the shape of the "
                   "input; got ",
                   name(target.dtype()));
  check(options.ignore_index < 0, options.op, "expected no ignore_index beside probabilities; got ",
        options.ignore_index);
  const int dim = class_dim(input);
  const double smoothing = options.label_smoothing;
  const int64_t classes = input.size(dim);
  Tensor shares = target;
  if (smoothing > 0) shares = shares * (1 - smoothing) + smoothing / static_cast<double>(classes);
  if (options.weight) {
    Dims sizes = Dims::filled(input.ndim(), 1);
    sizes[dim] = classes;
    shares = shares * view(contiguous(options.weight), sizes);
  }
  const Tensor losses = -(log_softmax(input, dim) * shares);
  if (options.reduction == LossReduction::kNone) return sum(losses, {dim}, false);
  const Tensor all = sum(losses, {}, false);
  if (options.reduction == LossReduction::kSum) return all;
  return all / (static_cast<double>(input.count()) / static_cast<double>(classes));
}

}  // namespace

Tensor cross_entropy(const Tensor& input, const Tensor& target, const ClassLoss& options) {
  if (input.ndim() > 0 && input.sizes() == target.sizes()) {
    check_class_loss(input, options);
    return soft_cross_entropy(input, target, options);
  }
  return indexed_loss(input, target, options, &cross_entropy_fwd, &cross_entropy_grad);
}

}  // namespace lamina

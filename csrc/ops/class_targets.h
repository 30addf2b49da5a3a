// Class indices as targets: how predictions lie in memory, what each target weighs, how losses of
// them are reduced and recorded. What is lost stands in cross_entropy.cpp and nll_loss.cpp.
#pragma once

#include <algorithm>

#include "core/parallel.h"
#include "exec/launch.h"
#include "ops/lines.h"
#include "ops/loop.h"
#include "ops/loss.h"
#include "ops/ordered_sum.h"

namespace lamina {

// Predictions that one kernel call takes: they begin at element `at` and at target `line`.
struct ClassTask {
  SoftmaxBlock block;
  int64_t at, line;
};

// Plain data, so that a body can carry it: scores in lines along the classes, cut by shape alone.
struct ClassTasks {
  Lines lines;
  int64_t width;   // lines a task
  int64_t chunks;  // tasks a group
  int64_t count;

  ClassTasks(const Dims& sizes, int class_dim)
      : lines(sizes, class_dim),
        width(lines_a_task()),
        chunks((side() + width - 1) / width),
        count(lines.inner == 1 ? chunks : lines.groups * chunks) {}

  int64_t lines_a_task() const {
    if (lines.inner * lines.n == 0) return kMostClassLines;
    if (lines.inner > 1) return lines.side_by_side();
    return std::clamp<int64_t>(kCostlyGrain / lines.n, 1, kMostClassLines);
  }
  int64_t side() const { return lines.inner == 1 ? lines.groups : lines.inner; }
  int64_t all() const { return lines.groups * lines.inner; }
  // Tasks that are worth a thread.
  int64_t grain() const {
    return std::max<int64_t>(1, 2 * kCostlyGrain / std::max<int64_t>(1, width * lines.n));
  }
  ClassTask operator[](int64_t task) const {
    const int64_t group = task / chunks, first = task % chunks * width;
    const SoftmaxBlock block{std::min(width, side() - first), lines.n, lines.inner};
    if (lines.inner == 1) return {block, first * lines.n, first};
    return {block, group * lines.n * lines.inner + first, group * lines.inner + first};
  }
  // From a class of a line to the next, and from a line to the next.
  int64_t class_step() const { return lines.inner; }
  int64_t line_step() const { return lines.inner == 1 ? lines.n : 1; }
};

// What a body needs of the targets.
template <class T>
struct ClassTargets {
  const char* op;
  const int64_t* index;
  const T* weight;  // of the classes; null for ones
  int64_t classes, ignored;
  double smoothing;

  bool counts(int64_t line) const {
    const int64_t at = index[line];
    if (at == ignored) return false;
    check<IndexError>(at >= 0 && at < classes, op, "expected class indices in [0, ", classes,
                      "); got ", at);
    return true;
  }
  double weight_of(int64_t line) const {
    if (!counts(line)) return 0;
    return weight ? static_cast<double>(weight[index[line]]) : 1;
  }
  // The part of a prediction's loss that belongs to its target, and that of every class (times the
  // weight of the class).
  T own(int64_t line) const { return static_cast<T>((1 - smoothing) * weight_of(line)); }
  T each() const { return static_cast<T>(smoothing / static_cast<double>(classes)); }
  double sum_of_weights() const {
    if (!weight) return static_cast<double>(classes);
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sum += static_cast<double>(weight[c]);
    return sum;
  }
  double total(int64_t lines) const {
    constexpr int64_t kTask = kCheapGrain;
    return ordered_sum((lines + kTask - 1) / kTask, 1, [&](int64_t task) {
      double sum = 0;
      for (int64_t i = task * kTask; i < std::min((task + 1) * kTask, lines); ++i)
        sum += weight_of(i);
      return sum;
    });
  }
};

inline int class_dim(const Tensor& input) { return input.ndim() < 2 ? 0 : 1; }
// The input and the options of a loss of class scores.
void check_class_loss(const Tensor& input, const ClassLoss& options);

// The operands of a loss of class indices, and the tensors of one call.
struct Indexed {
  Tensor x, index, weight;
  const char* op;
  int64_t ignored;
  LossReduction reduction;
  double smoothing;

  Indexed(const Tensor& input, const Tensor& target, const ClassLoss& options);

  bool each() const { return reduction == LossReduction::kNone; }
  ClassTasks tasks() const { return {x.sizes(), class_dim(x)}; }
  Dims result_sizes() const;
  // Stands for absent weights among the operands of a launch.
  const Tensor& weight_or_index() const { return weight ? weight : index; }

  // What a body makes its targets of, once it has the buffers.
  template <class T>
  auto targets() const {
    return [op = op, weighted = static_cast<bool>(weight), classes = x.size(class_dim(x)),
            ignored = ignored, smoothing = smoothing](int64_t* at, T* weights) {
      return ClassTargets<T>{op, at, weighted ? weights : nullptr, classes, ignored, smoothing};
    };
  }
};

// In a body: losses_of(task, losses) for all tasks, reduced to `out`; *divisor is what they were
// divided by.
template <class T, class F>
void reduce_losses(const ClassTasks& tasks, const ClassTargets<T>& targets, LossReduction reduction,
                   T* out, T* divisor, F losses_of) {
  const bool each = reduction == LossReduction::kNone;
  const double total = reduction == LossReduction::kMean ? targets.total(tasks.all()) : 1;
  *divisor = static_cast<T>(total);
  const double sum = ordered_sum(tasks.count, tasks.grain(), [&](int64_t i) {
    const ClassTask task = tasks[i];
    T losses[kMostClassLines];
    T* to = each ? out + task.line : losses;
    losses_of(task, to);
    double part = 0;
    for (int64_t line = 0; line < task.block.lines; ++line) part += static_cast<double>(to[line]);
    return part;
  });
  if (!each) *out = static_cast<T>(sum / total);
}

// The gradients of the losses of a task: one each, or the same for all.
template <class T>
const T* scales_of(const ClassTask& task, const T* grad, bool each, T divisor, T* scales) {
  if (each) return grad + task.line;
  std::fill_n(scales, task.block.lines, *grad / divisor);
  return scales;
}

// grad times what each class counts in the loss of each prediction, as targets and weights say.
Tensor class_shares(const Indexed& from, const Tensor& kept, const Tensor& grad);

// The same for a gradient of ones, and the gradient laid beside it: for compositions.
struct Shares {
  Tensor shares, grad;

  Shares(const Indexed& from, const Tensor& kept, const Tensor& given);
};

// A call's result, and what its way back needs: with the logarithm of each prediction's sum of
// exponentials where that was computed, and last what the losses were divided by.
struct ClassResult {
  Tensor out, kept;
};

// The loss, and the gradient of the input by what forward kept.
using ClassForward = ClassResult (*)(const Indexed& from);
using ClassBackward = Tensor (*)(const Indexed& from, const Tensor& kept, const Tensor& grad);
Tensor indexed_loss(const Tensor& input, const Tensor& target, const ClassLoss& options,
                    ClassForward fwd, ClassBackward bwd);

}  // namespace lamina

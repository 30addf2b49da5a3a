#include "ops/class_targets.h"

#include "autograd/node.h"
#include "ops/copy.h"
#include "ops/view.h"

namespace lamina {

namespace {

Dims without_classes(const Tensor& input) {
  Dims sizes = input.sizes();
  sizes.erase(class_dim(input));
  return sizes;
}

// The indices as kernels take them.
Tensor check_indices(const Tensor& input, const Tensor& target, const char* op) {
  check<TypeError>(category(target.dtype()) == Category::kInteger, op,
                   "expected class indices of an integer type; got ", name(target.dtype()));
  const Dims sizes = without_classes(input);
  const bool fits = target.sizes() == sizes || (input.ndim() == 1 && target.count() == 1);
  check(fits, op, "expected a target of shape ", sizes, " for an input of shape ", input.sizes(),
        "; got shape ", target.sizes());
  return contiguous(cast(target, DType::kInt64));
}

}  // namespace

void check_class_loss(const Tensor& input, const ClassLoss& options) {
  const char* op = options.op;
  check<TypeError>(is_floating(input.dtype()), op, "expected a floating input; got ",
                   name(input.dtype()));
  check(input.ndim() > 0, op, "expected an input (classes) or (N, classes, ...); got a number");
  const double smoothing = options.label_smoothing;
  check(smoothing >= 0 && smoothing <= 1, op, "expected label_smoothing from 0 to 1; got ",
        smoothing);
  if (!options.weight) return;
  const Dims classes = {input.size(class_dim(input))};
  check(options.weight.sizes() == classes, op, "expected a weight for each class, shape ", classes,
        "; got shape ", options.weight.sizes());
  check<TypeError>(options.weight.dtype() == input.dtype(), op, "expected weights of type ",
                   name(input.dtype()), ", that of the input; got ", name(options.weight.dtype()));
}

Indexed::Indexed(const Tensor& input, const Tensor& target, const ClassLoss& options)
    : x(contiguous(input)),
      index(check_indices(input, target, options.op)),
      weight(options.weight ? contiguous(detach(options.weight)) : Tensor()),
      op(options.op),
      ignored(options.ignore_index),
      reduction(options.reduction),
      smoothing(options.label_smoothing) {}

Dims Indexed::result_sizes() const { return each() ? without_classes(x) : Dims{}; }

Tensor class_shares(const Indexed& from, const Tensor& kept, const Tensor& grad) {
  const ClassTasks tasks = from.tasks();
  const Tensor g = contiguous(grad);
  Tensor out = empty_like(from.x);
  visit_floating(out.dtype(), [&]<class T>() {
    exec::launch(
        from.op, {&out}, {&from.index, &from.weight_or_index(), &kept, &g},
        [tasks, each = from.each(), last_kept = kept.count() - 1,
         make = from.targets<T>()](exec::Buffers at) {
          const ClassTargets<T> targets = make(at.get<int64_t>(1), at.get<T>(2));
          const T divisor = at.get<T>(3)[last_kept], share = targets.each();
          parallel_for(tasks.count, tasks.grain(), [&](int64_t first, int64_t last) {
            for (int64_t i = first; i < last; ++i) {
              const ClassTask task = tasks[i];
              T buffer[kMostClassLines];
              const T* scales = scales_of(task, at.get<T>(4), each, divisor, buffer);
              for (int64_t j = 0; j < task.block.lines; ++j) {
                T* to = at.get<T>(0) + task.at + j * tasks.line_step();
                const int64_t line = task.line + j;
                const bool counts = targets.counts(line);
                for (int64_t c = 0; c < targets.classes; ++c)
                  to[c * tasks.class_step()] =
                      counts ? share * scales[j] * (targets.weight ? targets.weight[c] : T(1))
                             : T(0);
                if (counts)
                  to[targets.index[line] * tasks.class_step()] += targets.own(line) * scales[j];
              }
            }
          });
        });
  });
  return out;
}

Shares::Shares(const Indexed& from, const Tensor& kept, const Tensor& given)
    : shares(class_shares(from, kept, full(given.sizes(), 1.0, given.dtype()))),
      grad(from.each() ? unsqueeze(given, class_dim(from.x)) : given) {}

Tensor indexed_loss(const Tensor& input, const Tensor& target, const ClassLoss& options,
                    ClassForward fwd, ClassBackward bwd) {
  check_class_loss(input, options);
  const Indexed from(input, target, options);
  const ClassResult result = fwd(from);
  if (autograd::needs_grad(input))
    autograd::record(options.op, result.out, {&input},
                     [=, x = autograd::Saved(input), t = autograd::Saved(target),
                      kept = autograd::Saved(result.kept)](autograd::Backward& b) {
                       const Indexed again(x.get(b), t.get(b), options);
                       b.set(0, bwd(again, kept.get(b), b.grad()));
                     });
  return result.out;
}

}  // namespace lamina

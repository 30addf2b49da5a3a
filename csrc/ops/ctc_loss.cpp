// Connectionist temporal classification: the probability of all alignments of a label sequence,
// summed forwards and backwards over time in logarithms. Each sequence is one thread's work.
#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/node.h"
#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/loop.h"
#include "ops/loss.h"
#include "ops/view.h"

namespace lamina {

namespace {

constexpr const char* kName = "ctc_loss";

// Plain data of a call.
struct CtcShape {
  int64_t steps, batch, classes;
  int64_t blank;
  int64_t target_row;  // labels from one sequence's to the next's; 0 if they are joined
  int64_t target_count;
  bool zero_infinity;
  bool wants_grad;

  // What a thread should at least have to do, in sequences.
  int64_t grain() const {
    return std::max<int64_t>(1, 4 * kCostlyGrain / std::max<int64_t>(1, steps * (classes + 32)));
  }
};

// The labels of a sequence with blanks between, and the lattice of their sums over time.
template <class T>
class Lattice {
 public:
  Lattice(const CtcShape& shape, const T* log_probs, int64_t steps, const int64_t* labels,
          int64_t count)
      : shape_(shape),
        log_probs_(log_probs),
        steps_(steps),
        places_(2 * count + 1),
        row_(places_ + kBefore),
        memory_((steps_ + 6) * row_),
        path_(places_) {
    for (int64_t s = 0; s < places_; ++s) path_.data()[s] = s % 2 ? labels[s / 2] : shape.blank;
    std::fill_n(memory_.data(), (steps_ + 6) * row_, kNever);
  }

  // The log-probability of the labels; leaves the sums of all steps behind.
  T forward() {
    prepare();
    T* from = extra(0);
    from[0] = 0;
    for (int64_t t = 0; t < steps_; ++t, from = ahead(t - 1)) step(t, from, extra(3), ahead(t));
    if (places_ == 1) return from[0];
    const T a = from[places_ - 1], b = from[places_ - 2], highest = std::max(a, b);
    return highest == kNever ? kNever
                             : highest + std::log(std::exp(a - highest) + std::exp(b - highest));
  }

  // The gradient of -total, as if the log-probabilities came out of log_softmax.
  void backward(T total, T* grad) {
    const LossKernels<T>& kernel = kernels().loss<T>();
    std::reverse(path_.data(), path_.data() + places_);
    prepare();
    T *from = extra(0), *next = extra(1), *arrived = extra(3), *p = extra(4);
    std::fill_n(from, places_, kNever);
    from[0] = 0;
    for (int64_t t = steps_; t-- > 0; std::swap(from, next)) {
      step(t, from, arrived, next);
      std::reverse(arrived, arrived + places_);
      // ahead holds the emission of step t already, so the sums that arrive from behind must not.
      kernel.ctc_posterior(places_, ahead(t), arrived, total, p);
      T* to = grad + t * stride();
      std::fill_n(to, shape_.classes, T(0));
      for (int64_t s = 0; s < places_; ++s) to[path_.data()[places_ - 1 - s]] += p[s];
      kernel.ctc_grad(shape_.classes, log_probs_ + t * stride(), to);
    }
  }

 private:
  static constexpr T kNever = -std::numeric_limits<T>::infinity();
  static constexpr int64_t kBefore = 2;  // places before the first that a step looks at

  int64_t stride() const { return shape_.batch * shape_.classes; }
  T* ahead(int64_t t) { return t < 0 ? extra(0) : memory_.data() + t * row_ + kBefore; }
  T* extra(int64_t i) { return memory_.data() + (steps_ + i) * row_ + kBefore; }

  // A place may be reached from two before unless that skips what stands between equals: a label
  // between blanks, or the blank between equal labels.
  void prepare() {
    const int64_t* path = path_.data();
    for (int64_t s = 0; s < places_; ++s) {
      extra(2)[s] = s >= 2 && path[s] != path[s - 2] ? T(0) : kNever;
    }
  }

  void step(int64_t t, const T* from, T* arrived, T* left) {
    T* emitted = extra(5);
    for (int64_t s = 0; s < places_; ++s) emitted[s] = log_probs_[t * stride() + path_.data()[s]];
    kernels().loss<T>().ctc_step(places_, from, extra(2), emitted, arrived, left);
  }

  const CtcShape& shape_;
  const T* log_probs_;
  int64_t steps_, places_, row_;
  Scratch<T> memory_;
  Scratch<int64_t> path_;
};

// Where the labels of each sequence begin; every length and label is checked.
struct Sequences {
  const int64_t *labels, *steps, *counts;
  Scratch<int64_t> begins;

  Sequences(const CtcShape& shape, const int64_t* targets, const int64_t* input_lengths,
            const int64_t* target_lengths)
      : labels(targets), steps(input_lengths), counts(target_lengths), begins(shape.batch) {
    int64_t end = 0;
    for (int64_t b = 0; b < shape.batch; ++b) {
      check(steps[b] >= 0 && steps[b] <= shape.steps, kName, "expected input_lengths from 0 to ",
            shape.steps, "; got ", steps[b]);
      const int64_t most = shape.target_row > 0 ? shape.target_row : shape.target_count - end;
      check(counts[b] >= 0 && counts[b] <= most, kName, "expected target_lengths from 0 to ", most,
            ", the labels there are; got ", counts[b]);
      begins.data()[b] = shape.target_row > 0 ? b * shape.target_row : end;
      end += counts[b];
      check_labels(shape, labels + begins.data()[b], counts[b]);
    }
  }

  static void check_labels(const CtcShape& shape, const int64_t* labels, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      check<IndexError>(labels[i] >= 0 && labels[i] < shape.classes, kName,
                        "expected labels in [0, ", shape.classes, "); got ", labels[i]);
  }
};

template <class T>
void run_sequence(const CtcShape& shape, const Sequences& sequences, int64_t b, const T* log_probs,
                  T* loss, T* grad) {
  const int64_t steps = sequences.steps[b], offset = b * shape.classes;
  Lattice<T> lattice(shape, log_probs + offset, steps,
                     sequences.labels + sequences.begins.data()[b], sequences.counts[b]);
  const T total = lattice.forward();
  const bool dropped = shape.zero_infinity && std::isinf(total);
  loss[b] = dropped ? T(0) : -total;
  if (!shape.wants_grad) return;
  if (!dropped) lattice.backward(total, grad + offset);
  for (int64_t t = dropped ? 0 : steps; t < shape.steps; ++t)
    std::fill_n(grad + offset + t * shape.batch * shape.classes, shape.classes, T(0));
}

Tensor integers(const Tensor& tensor, const char* what) {
  check<TypeError>(category(tensor.dtype()) == Category::kInteger, kName, "expected ", what,
                   " of an integer type; got ", name(tensor.dtype()));
  return contiguous(cast(tensor, DType::kInt64));
}

CtcShape shape_of(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                  const Tensor& target_lengths, int64_t blank) {
  check<TypeError>(is_floating(log_probs.dtype()), kName, "expected floating log_probs; got ",
                   name(log_probs.dtype()));
  check(log_probs.ndim() == 3, kName, "expected log_probs (T, N, classes) or (T, classes); got ",
        log_probs.sizes());
  const int64_t batch = log_probs.size(1), classes = log_probs.size(2);
  check(blank >= 0 && blank < classes, kName, "expected blank in [0, ", classes, "); got ", blank);
  check(input_lengths.count() == batch && target_lengths.count() == batch, kName,
        "expected a length for each of ", batch, " sequences; got ", input_lengths.count(), " and ",
        target_lengths.count());
  const bool joined = targets.ndim() == 1;
  check(joined || (targets.ndim() == 2 && targets.size(0) == batch), kName, "expected targets (",
        batch, ", S) or joined in one row; got shape ", targets.sizes());
  return {log_probs.size(0), batch, classes, blank, joined ? 0 : targets.size(1),
          targets.count(),   false, false};
}

}  // namespace

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, int64_t blank, bool zero_infinity) {
  CtcShape shape = shape_of(log_probs, targets, input_lengths, target_lengths, blank);
  shape.zero_infinity = zero_infinity;
  shape.wants_grad = autograd::needs_grad(log_probs);
  const Tensor x = contiguous(log_probs), labels = integers(targets, "targets");
  const Tensor steps = integers(input_lengths, "input_lengths");
  const Tensor counts = integers(target_lengths, "target_lengths");
  const Tensor losses = empty({shape.batch}, x.dtype());
  const Tensor grads = shape.wants_grad ? empty_like(x) : empty({0}, x.dtype());
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch(
        kName, {&losses, &grads}, {&x, &labels, &steps, &counts}, [shape](exec::Buffers at) {
          const Sequences sequences(shape, at.get<int64_t>(3), at.get<int64_t>(4),
                                    at.get<int64_t>(5));
          parallel_for(shape.batch, shape.grain(), [&](int64_t first, int64_t last) {
            for (int64_t b = first; b < last; ++b)
              run_sequence<T>(shape, sequences, b, at.get<T>(2), at.get<T>(0), at.get<T>(1));
          });
        });
  });
  if (shape.wants_grad)
    autograd::record(kName, losses, {&log_probs},
                     [grads = autograd::Saved(grads)](autograd::Backward& b) {
                       b.once_differentiable();
                       b.set(0, grads.get(b) * unsqueeze(b.grad(), 1));
                     });
  return losses;
}

}  // namespace lamina

// Losses: of pairs element by element, of class scores, of sets of labels, of alignments. Those
// that are compositions of these and other ops live in Python.
#pragma once

#include "core/tensor.h"
#include "kernels/loss.h"

namespace lamina {

enum class LossReduction : uint8_t { kNone, kMean, kSum };
// "none", "mean" or "sum".
LossReduction loss_reduction(const char* op, std::string_view name);

// The loss of each input beside its target (broadcast), or their mean or sum; p is the number that
// the formula takes.
[[nodiscard]] Tensor pair_loss(PairLoss kind, const Tensor& input, const Tensor& target,
                               LossReduction reduction, double p);

// The variance, at least eps, with a gradient as if it were not bounded; negative ones are refused.
[[nodiscard]] Tensor bounded_variance(const Tensor& variance, double eps);

// Of each class index: a weight (empty for ones), an index that does not count, and how much of the
// target is spread evenly over the classes. The mean divides by the sum of the targets' weights.
struct ClassLoss {
  const char* op;
  Tensor weight;
  int64_t ignore_index;
  LossReduction reduction;
  double label_smoothing = 0;
};

// input (classes) or (N, classes, ...); target () or (N, ...) of class indices. cross_entropy also
// takes probabilities in the shape of the input, and then the mean divides by the number of
// predictions.
[[nodiscard]] Tensor cross_entropy(const Tensor& input, const Tensor& target,
                                   const ClassLoss& options);
[[nodiscard]] Tensor nll_loss(const Tensor& input, const Tensor& target, const ClassLoss& options);

// input (classes) or (N, classes); target alike, the indices of each row's classes up to a -1.
[[nodiscard]] Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                                            LossReduction reduction);

// The loss of each sequence of log_probs (T, N, classes). targets (N, S), or joined to one row.
[[nodiscard]] Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets,
                              const Tensor& input_lengths, const Tensor& target_lengths,
                              int64_t blank, bool zero_infinity);

}  // namespace lamina

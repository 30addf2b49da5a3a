// One direction of one recurrent layer: one node, whatever the number of steps.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "ops/recurrent.h"

namespace lamina {

// A step as some of the sequences see it; they count from the first of them.
struct TimeStep {
  int64_t row, next_row;  // of the first sequence, at this step and at the one that follows
  int64_t count;          // sequences that have this step
  int64_t begun;          // of them, those that had one before
  int64_t going_on;       // of them, those that have one after
};

// Which rows of a buffer belong to which step: row(step, sequence) = first + sequence * spacing.
class Steps {
 public:
  static Steps equal(int64_t length, int64_t batch, bool batch_first);
  // As many sequences at each step; the numbers do not grow.
  static Steps packed(std::vector<int64_t> counts);

  int64_t length() const { return static_cast<int64_t>(first_.size()); }
  int64_t batch() const { return batch_; }
  int64_t rows() const { return rows_; }
  int64_t spacing() const { return spacing_; }

  // The i-th step of the sequences [begin, end), from the last one backwards if `reverse`.
  TimeStep at(int64_t i, bool reverse, int64_t begin, int64_t end) const {
    const int64_t t = reverse ? length() - 1 - i : i, way = reverse ? -1 : 1;
    const int64_t count = std::clamp(count_at(t), begin, end);
    return {first_at(t) + begin * spacing_, first_at(t + way) + begin * spacing_, count - begin,
            std::clamp(count_at(t - way), begin, count) - begin,
            std::clamp(count_at(t + way), begin, count) - begin};
  }

 private:
  bool has(int64_t t) const { return t >= 0 && t < length(); }
  int64_t count_at(int64_t t) const { return has(t) ? count_[static_cast<size_t>(t)] : 0; }
  int64_t first_at(int64_t t) const { return has(t) ? first_[static_cast<size_t>(t)] : 0; }

  int64_t batch_ = 0, rows_ = 0, spacing_ = 1;
  std::vector<int64_t> first_, count_;
};

// What the layer is, by value in a body.
struct RecurrentLayer {
  CellKind kind;
  const char* name;
  int64_t in, hidden, projected;  // projected is 0 where the state is not
  bool reverse;
  bool once;  // a single step, for which weights are not rearranged
  std::shared_ptr<const Steps> steps;

  int64_t state() const { return projected ? projected : hidden; }
  int64_t gates() const { return kind == CellKind::kLstm ? 4 : kind == CellKind::kGru ? 3 : 1; }
  int64_t gates_width() const { return gates() * hidden; }
  bool has_cell() const { return kind == CellKind::kLstm; }
  // A thread takes a few sequences at least, since they share the loads of weights.
  static constexpr int64_t kLeastSequences = 4;
  // Whether the input's share is made for all steps at once: where there are too few sequences for
  // two threads, which then share that product, and too few rows a step to make it well.
  bool shares_at_once() const { return steps->batch() < 2 * kLeastSequences; }
};

// The layer's inputs; those it lacks are empty.
enum LayerInput { kX, kH0, kC0, kWeightIh, kWeightHh, kBiasIh, kBiasHh, kWeightHr, kLayerInputs };
using LayerTensors = std::array<Tensor, kLayerInputs>;

// x (rows, in) gives out (rows, state), h (batch, state) and c (batch, hidden).
[[nodiscard]] RecurrentOutput recurrent_layer(const RecurrentLayer& layer,
                                              const LayerTensors& inputs);
// The same of ops that are differentiable any number of times.
[[nodiscard]] RecurrentOutput recurrent_layer_of_ops(const RecurrentLayer& layer,
                                                     const LayerTensors& inputs);

}  // namespace lamina

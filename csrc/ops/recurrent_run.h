// What the two ways of a recurrent layer through plain memory share.
#pragma once

#include "kernels/recurrent.h"
#include "ops/recurrent_layer.h"
#include "ops/repeated_product.h"

namespace lamina {

// Buffers of whole sequences have the rows of x. Pointers to absent ones are null; without the way
// back those of traces are, unless the input's share needs them.
template <class T>
struct LayerMemory {
  const T* input[kLayerInputs];
  const T* panels[kLayerInputs];  // of weights, as the way forward multiplies with them
  T* gates;                       // (rows, gates_width), activated
  T* states;                      // (rows, state), before each step
  T* kept;                        // (rows, hidden): what CellRows keeps
  T* raw;                         // (rows, hidden): where states are projected, the state that is
};

template <class T>
struct LayerResults {
  T *out, *last_state, *last_cell;
};

template <class T>
struct LayerGrads {
  const T *out, *last_state, *last_cell;
  T* input[kLayerInputs];  // results
};

namespace recurrence {

// Rows to other rows: zeros where there is no `from`, nothing where there is no `to`.
template <class T>
void carry(int64_t rows, int64_t width, const T* from, int64_t from_row, T* to, int64_t to_row) {
  if (rows == 0 || to == nullptr) return;
  if (from != nullptr)
    return gemm_kernels<T>().copy_matrix(rows, width, from, from_row, 1, to, to_row);
  for (int64_t i = 0; i < rows; ++i) std::fill_n(to + i * to_row, width, T(0));
}

// Shifts what may be null.
template <class T>
T* shift(T* data, int64_t elements) {
  return data == nullptr ? nullptr : data + elements;
}

// The fewest sequences for a thread, if each gate is a sum of `depth` products. A single step is
// not cut: its products, not rearranged, would depend on where.
inline int64_t sequence_grain(const RecurrentLayer& layer, int64_t depth) {
  constexpr int64_t kWorthwhile = int64_t{1} << 21;
  const int64_t batch = std::max<int64_t>(1, layer.steps->batch());
  if (layer.once) return batch;
  const int64_t length = layer.steps->rows() / batch;
  return std::max(RecurrentLayer::kLeastSequences,
                  grain(kWorthwhile, length * layer.gates_width() * depth));
}

// Calls fn(begin, end) for groups of sequences that go through all their steps together, so small
// that what a step leaves to the next one stays in the cache. A single step is not cut here either.
template <class F>
void each_group(const RecurrentLayer& layer, int64_t begin, int64_t end, F fn) {
  constexpr int64_t kMost = 48;
  const int64_t count = end - begin, groups = layer.once ? 1 : ceil_div(count, kMost);
  for (int64_t i = 0; i < groups; ++i)
    fn(begin + count * i / groups, begin + count * (i + 1) / groups);
}

}  // namespace recurrence
}  // namespace lamina

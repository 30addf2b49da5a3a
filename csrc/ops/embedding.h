// Embeddings: rows of a table by their numbers, alone or summed up in bags; and one-hot rows.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace lamina {

// The rows table[index]. The row `padding` gets no gradient (-1: there is none such); with
// scale_by_count the gradient of a row is divided by the number of its occurrences.
[[nodiscard]] Tensor embedding(const Tensor& table, const Tensor& index, int64_t padding,
                               bool scale_by_count);

// Scales the rows that the index names to a norm of at most max_norm, in place and without history.
void renorm_rows_(const Tensor& table, const Tensor& index, double max_norm, double norm_type);

enum class BagMode : uint8_t { kSum, kMean, kMax };

struct BagOptions {
  BagMode mode;
  int64_t padding;      // rows of this number do not count; -1: none
  bool scale_by_count;  // as in embedding
  bool with_end;        // the last offset is the end of the last bag
};

// One row for each bag: bag b holds index[offsets[b]] to index[offsets[b + 1] - 1], weighted if
// weights are given.
[[nodiscard]] Tensor embedding_bag(const Tensor& table, const Tensor& index, const Tensor& offsets,
                                   const std::optional<Tensor>& weights, const BagOptions& options);

// index.sizes() and a last dimension of `classes` with a 1 at the index; classes -1 stands for the
// largest index + 1.
[[nodiscard]] Tensor one_hot(const Tensor& index, int64_t classes);

}  // namespace lamina

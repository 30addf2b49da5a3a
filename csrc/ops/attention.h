// Attention as one op, with its gradients; the projections around it are made in Python.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace lamina {

// What besides query, key and value decides the result.
struct AttentionOptions {
  double dropout = 0;                // the probability with which a weight is dropped
  bool causal = false;               // query i sees the keys 0 ... i
  bool grouped = false;              // several heads of the query share one of key and value
  std::optional<double> scale = {};  // 1 / sqrt(width) if absent
};

// softmax(scale query key^T + mask) value for query (..., L, E), key (..., S, E), value (..., S,
// V); an absent mask is an empty handle, one of type bool says which keys are seen. Queries that
// see none give zeros.
[[nodiscard]] Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key,
                                                  const Tensor& value, const Tensor& mask,
                                                  const AttentionOptions& options);

}  // namespace lamina

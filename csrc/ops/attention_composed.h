// What attention is given, and its result and gradients as compositions of ops that can be
// differentiated again; the fast form stands in attention_blocks.h.
#pragma once

#include <array>

#include "core/tensor.h"

namespace lamina {

inline constexpr const char* kAttention = "scaled_dot_product_attention";

struct Attention {
  Tensor query, key, value, mask;  // no mask: an empty handle
  double scale;
  bool causal;
  int64_t key_group, value_group;  // successive heads of the query that share one

  // The dimensions of the result in front of its matrices.
  Dims batch() const;
};

inline int64_t rows(const Tensor& x) { return x.size(x.ndim() - 2); }
inline int64_t columns(const Tensor& x) { return x.size(x.ndim() - 1); }
inline int64_t heads(const Tensor& x) { return x.size(x.ndim() - 3); }

// Sums the gradients of each `group` successive heads.
[[nodiscard]] Tensor sum_heads(const Tensor& grad, int64_t group);

// Drops weights with the probability `dropout`.
[[nodiscard]] Tensor composed_fwd(const Attention& attention, double dropout);
// The gradients of query, key and value, these two before sum_heads().
[[nodiscard]] std::array<Tensor, 3> composed_bwd(const Attention& attention, const Tensor& grad);

}  // namespace lamina

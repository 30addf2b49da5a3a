#include "ops/attention_composed.h"

#include <algorithm>
#include <limits>

#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/linalg.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "ops/view.h"

namespace lamina {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Dims front(const Tensor& x, int64_t group) {
  Dims dims = x.sizes();
  dims.erase(dims.size() - 1);
  dims.erase(dims.size() - 1);
  if (group > 1) dims[dims.size() - 1] *= group;
  return dims;
}

Tensor repeat_heads(const Tensor& x, int64_t group) {
  if (group == 1) return x;
  Dims sizes = x.sizes(), flat = x.sizes();
  sizes.insert(sizes.size() - 2, group);
  flat[flat.size() - 3] *= group;
  return reshape(expand(unsqueeze(x, -3), sizes), flat);
}

Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }

// seen[i, j]: j <= i
Tensor causal_mask(int64_t queries, int64_t keys) {
  const Tensor place = arange(0, 1, std::max(queries, keys), DType::kInt64);
  return unsqueeze(narrow(place, 0, 0, queries), 1) >= narrow(place, 0, 0, keys);
}

Tensor scores(const Attention& attention) {
  const Tensor key = repeat_heads(attention.key, attention.key_group);
  const Tensor all = matmul(attention.query, transposed(key), kAttention) * attention.scale;
  if (attention.causal)
    return select(causal_mask(rows(attention.query), rows(key)), all, -kInfinity);
  const Tensor& mask = attention.mask;
  if (!mask) return all;
  return mask.dtype() == DType::kBool ? select(mask, all, -kInfinity) : all + mask;
}

// The softmax of the scores, but zeros where a query sees no key.
Tensor weights(const Attention& attention) {
  const Tensor given = scores(attention);
  if (!attention.mask) return softmax(given, -1, {});
  const Tensor blind = all(given == -kInfinity, {-1}, true);
  return select(blind, 0, softmax(select(blind, 0, given), -1, {}));
}

}  // namespace

Dims Attention::batch() const {
  return broadcast(kAttention, broadcast(kAttention, front(query, 1), front(key, key_group)),
                   front(value, value_group));
}

Tensor sum_heads(const Tensor& grad, int64_t group) {
  if (group == 1) return grad;
  Dims sizes = grad.sizes();
  sizes[sizes.size() - 3] /= group;
  sizes.insert(sizes.size() - 2, group);
  return sum(reshape(grad, sizes), {-3}, false);
}

Tensor composed_fwd(const Attention& attention, double dropout_probability) {
  const Tensor kept = dropout(weights(attention), dropout_probability, default_generator());
  return matmul(kept, repeat_heads(attention.value, attention.value_group), kAttention);
}

std::array<Tensor, 3> composed_bwd(const Attention& attention, const Tensor& grad) {
  const Tensor key = repeat_heads(attention.key, attention.key_group);
  const Tensor value = repeat_heads(attention.value, attention.value_group);
  const Tensor kept = weights(attention);
  const Tensor grad_kept = matmul(grad, transposed(value), kAttention);
  const Tensor inner = sum(kept * grad_kept, {-1}, true);
  const Tensor grad_scores = kept * (grad_kept - inner) * attention.scale;
  return {matmul(grad_scores, key, kAttention),
          matmul(transposed(grad_scores), attention.query, kAttention),
          matmul(transposed(kept), grad, kAttention)};
}

}  // namespace lamina

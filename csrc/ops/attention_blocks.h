// Attention on plain memory, block by block of scores; tensors and graphs are attention.cpp's.
#pragma once

#include <cstdint>

#include "core/shape.h"

namespace lamina {

// One matrix a head: strides of the dimensions in front, where `group` successive indices of the
// last of them share a matrix, and of the matrix itself.
struct HeadStack {
  Dims strides;
  int64_t row = 0, col = 1;
  int64_t group = 1;
};

enum class MaskKind { kNone, kTruth, kAddend };

// A whole problem, plain data for the body of a launch: `batch` are the dimensions in front.
struct AttentionShape {
  Dims batch;
  int64_t heads = 1;  // the product of batch
  int64_t queries, keys, width, value_width;
  double scale;
  bool causal;
  MaskKind mask_kind = MaskKind::kNone;
  HeadStack query, key, value, mask, out;

  int64_t offset(const HeadStack& stack, int64_t head) const;
};

template <class T>
struct AttentionInputs {
  const T *query, *key, *value;
  const void* mask;
};

// out (rows of value_width) and logsumexp (heads, queries).
template <class T>
void attention_fwd(const AttentionShape& shape, const AttentionInputs<T>& inputs, T* out,
                   T* logsumexp);

// Gradients with one matrix a head each (key's and value's are not summed over groups), or null
// where none is wanted.
template <class T>
struct AttentionGrads {
  HeadStack query_stack, key_stack, value_stack;
  T *query, *key, *value;
};
// What the forward pass left, and the gradient of its result.
template <class T>
struct AttentionResults {
  HeadStack grad_stack;
  const T *out, *logsumexp, *grad;
};

template <class T>
void attention_bwd(const AttentionShape& shape, const AttentionInputs<T>& inputs,
                   const AttentionResults<T>& results, const AttentionGrads<T>& grads);

}  // namespace lamina

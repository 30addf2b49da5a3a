// Blocks of attention's scores, scaled and masked, one at a time in a thread's own memory; what is
// made of them stands in attention_blocks.cpp.
#pragma once

#include <algorithm>
#include <limits>

#include "core/scratch.h"
#include "kernels/attention.h"
#include "kernels/dispatch.h"
#include "ops/attention_blocks.h"
#include "ops/gemm.h"

namespace lamina {

// A block's scores stand transposed, a row a key, and fit the second cache with their gradients.
inline constexpr int64_t kQueryBlock = 64;
inline constexpr int64_t kKeyBlock = 256;
// Not a power of two: a column's elements would compete for a few lines of the cache.
inline constexpr int64_t kPitch = kQueryBlock + 16;

template <class T>
class Scores {
 public:
  Scores(const AttentionShape& shape, const AttentionInputs<T>& inputs)
      : shape_(shape), inputs_(inputs) {
    const int64_t size = std::min(kKeyBlock, shape.keys) * kPitch;
    scores_.reserve(size);
    query_.reserve(shape.width * kPitch);
    if (shape.mask_kind != MaskKind::kNone) mask_.reserve(size);
    if (shape.mask_kind == MaskKind::kTruth) addend_.reserve(kQueryBlock * kKeyBlock);
  }

  // Turns to `n` queries of a head, from i on.
  void begin(int64_t head, int64_t i, int64_t n) {
    head_ = head;
    i_ = i;
    n_ = n;
    const HeadStack& stack = shape_.query;
    kernels().template get<T>().copy_matrix(
        shape_.width, n, inputs_.query + shape_.offset(stack, head) + i * stack.row, 1, stack.row,
        query_.data(), kPitch);
    const T scale = static_cast<T>(shape_.scale);
    kernels().template attention<T>().scale_rows(shape_.width, n, query_.data(), kPitch, &scale, 0);
  }

  // How many of the first keys the queries may see.
  int64_t visible_keys() const {
    return shape_.causal ? std::min(shape_.keys, i_ + n_) : shape_.keys;
  }

  // Element (key, query) of the block from key j on is at [key * kPitch + query].
  T* make(int64_t j, int64_t keys) {
    const HeadStack& stack = shape_.key;
    const T* key = inputs_.key + shape_.offset(stack, head_) + j * stack.row;
    Epilogue<T> masked;
    if (shape_.mask_kind != MaskKind::kNone) {
      const MatrixView<T> mask = mask_block(j, keys);
      masked.bias = mask.data;
      masked.bias_row_stride = mask.row_stride;
      masked.bias_col_stride = mask.col_stride;
    }
    gemm<T>(keys, n_, shape_.width, {key, stack.row, 1}, {query_.data(), kPitch, 1}, scores_.data(),
            kPitch, masked);
    if (shape_.causal) hide_later_keys(j, keys);
    return scores_.data();
  }

 private:
  // What is added to a block; where all queries share it, their stride is 0.
  MatrixView<T> mask_block(int64_t j, int64_t keys) {
    const HeadStack& stack = shape_.mask;
    const int64_t at = shape_.offset(stack, head_) + i_ * stack.row + j * stack.col;
    MatrixView<T> rows{static_cast<const T*>(inputs_.mask) + at, stack.row, stack.col};
    if (shape_.mask_kind == MaskKind::kTruth)
      rows = addend_of(static_cast<const bool*>(inputs_.mask) + at, keys);
    if (stack.row == 0) return {rows.data, rows.col_stride, 0};
    kernels().template get<T>().copy_matrix(keys, n_, rows.data, rows.col_stride, rows.row_stride,
                                            mask_.data(), kPitch);
    return {mask_.data(), kPitch, 1};
  }

  // 0 where the truth is true, else -infinity.
  MatrixView<T> addend_of(const bool* truth, int64_t keys) {
    const HeadStack& stack = shape_.mask;
    const T seen = 0, hidden = -std::numeric_limits<T>::infinity();
    const Strip strip{keys, stack.row == 0 ? 1 : n_, {1, stack.col, 0, 0}, {keys, stack.row, 0, 0}};
    kernels().template number<T>().where(strip, addend_.data(), truth, &seen, &hidden);
    return {addend_.data(), keys, 1};
  }

  void hide_later_keys(int64_t j, int64_t keys) {
    for (int64_t key = std::max<int64_t>(0, i_ + 1 - j); key < keys; ++key)
      std::fill_n(scores_.data() + key * kPitch, std::min(n_, j + key - i_),
                  -std::numeric_limits<T>::infinity());
  }

  const AttentionShape& shape_;
  const AttentionInputs<T>& inputs_;
  int64_t head_ = 0, i_ = 0, n_ = 0;
  Scratch<T> query_, scores_, mask_, addend_;
};

}  // namespace lamina

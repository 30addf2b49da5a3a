// Every product is one of blocks that stay in the cache: scores = K Q^T, out += P V and, on the way
// back, their gradients; the whole matrix of scores never exists.
#include "ops/attention_blocks.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/parallel.h"
#include "core/scratch.h"
#include "kernels/attention.h"
#include "ops/attention_scores.h"

namespace lamina {
namespace {

constexpr int64_t kUnits = 16;  // pieces of work on the way back that keep most machines busy

// Neighbours get blocks from both ends: with a causal mask the last ones are the most work.
int64_t spread(int64_t position, int64_t count) {
  return position % 2 == 0 ? position / 2 : count - 1 - position / 2;
}

int64_t task_grain(int64_t work) {
  constexpr int64_t kThreadedWork = int64_t{1} << 18;  // multiplications worth a thread
  return std::max<int64_t>(1, kThreadedWork / std::max<int64_t>(1, work));
}

template <class T>
struct Matrix {
  T* data;
  int64_t row_stride;

  Matrix(const AttentionShape& shape, const HeadStack& stack, T* base, int64_t head)
      : data(base == nullptr ? nullptr : base + shape.offset(stack, head)), row_stride(stack.row) {}

  explicit operator bool() const { return data != nullptr; }
  T* row(int64_t i) const { return data + i * row_stride; }
  MatrixView<std::remove_const_t<T>> from(int64_t i) const { return {row(i), row_stride, 1}; }
  void clear(int64_t first, int64_t last, int64_t columns) const {
    for (; data != nullptr && first < last; ++first) std::fill_n(row(first), columns, T(0));
  }
};
// ---- forward ----

// The rows of out for `n` queries from i on.
template <class T>
void fwd_queries(const AttentionShape& shape, const AttentionInputs<T>& inputs, Scores<T>& scores,
                 int64_t head, int64_t i, T* out_base, T* logsumexp) {
  const AttentionKernels<T>& kernel = kernels().template attention<T>();
  const int64_t n = std::min(kQueryBlock, shape.queries - i), columns = shape.value_width;
  const Matrix<const T> value(shape, shape.value, inputs.value, head);
  const Matrix<T> out(shape, shape.out, out_base, head);
  alignas(64) T highest[kQueryBlock], sums[kQueryBlock], factors[kQueryBlock];
  std::fill_n(highest, n, -std::numeric_limits<T>::infinity());
  std::fill_n(sums, n, T(0));
  scores.begin(head, i, n);
  const int64_t end = scores.visible_keys();
  for (int64_t j = 0; j == 0 || j < end; j += kKeyBlock) {
    const int64_t keys = std::min(kKeyBlock, end - j);
    T* weights = scores.make(j, keys);
    kernel.attention_weigh({keys, n, kPitch}, weights, highest, sums, factors);
    if (j > 0) kernel.scale_rows(n, columns, out.row(i), out.row_stride, factors, 1);
    gemm<T>(n, columns, keys, {weights, 1, kPitch}, value.from(j), out.row(i), out.row_stride,
            {.beta = T(j > 0)});
  }
  kernel.attention_close(n, highest, sums, factors, logsumexp + head * shape.queries + i);
  kernel.scale_rows(n, columns, out.row(i), out.row_stride, factors, 1);
}

// ---- backward ----

// A head's part of the gradients that comes from the keys [first, last).
template <class T>
struct KeyRange {
  int64_t head, first, last;
  Matrix<const T> query, key, value, out, grad;
  Matrix<T> grad_query, grad_key, grad_value;
  const T* logsumexp;
};

template <class T>
struct BwdScratch {
  Scores<T> scores;
  Scratch<T> grad, grads;  // the transposed gradient of out; gradients of scores

  BwdScratch(const AttentionShape& shape, const AttentionInputs<T>& inputs)
      : scores(shape, inputs),
        grad(shape.value_width * kPitch),
        grads(std::min(kKeyBlock, shape.keys) * kPitch) {}
};

template <class T>
void bwd_block(const AttentionShape& shape, const KeyRange<T>& range, BwdScratch<T>& scratch,
               int64_t i, int64_t n, int64_t j, int64_t keys, const T* inner) {
  T* weights = scratch.scores.make(j, keys);
  T* grads = scratch.grads.data();
  gemm<T>(keys, n, shape.value_width, range.value.from(j), {scratch.grad.data(), kPitch, 1}, grads,
          kPitch);
  kernels().template attention<T>().attention_bwd({keys, n, kPitch}, weights, grads,
                                                  range.logsumexp + i, inner);
  const auto add = [](int64_t rows, int64_t columns, int64_t depth, MatrixView<T> left,
                      MatrixView<T> right, const Matrix<T>& to, int64_t row, double alpha) {
    if (to)
      gemm<T>(rows, columns, depth, left, right, to.row(row), to.row_stride,
              {.alpha = static_cast<T>(alpha), .beta = 1});
  };
  add(keys, shape.value_width, n, {weights, kPitch, 1}, range.grad.from(i), range.grad_value, j, 1);
  add(keys, shape.width, n, {grads, kPitch, 1}, range.query.from(i), range.grad_key, j,
      shape.scale);
  add(n, shape.width, keys, {grads, 1, kPitch}, range.key.from(j), range.grad_query, i,
      shape.scale);
}

template <class T>
void bwd_range(const AttentionShape& shape, const KeyRange<T>& range, BwdScratch<T>& scratch) {
  range.grad_query.clear(0, shape.queries, shape.width);
  range.grad_key.clear(range.first, range.last, shape.width);
  range.grad_value.clear(range.first, range.last, shape.value_width);
  alignas(64) T inner[kQueryBlock];
  for (int64_t i = shape.causal ? range.first / kQueryBlock * kQueryBlock : 0; i < shape.queries;
       i += kQueryBlock) {
    const int64_t n = std::min(kQueryBlock, shape.queries - i);
    scratch.scores.begin(range.head, i, n);
    const Matrix<const T>& grad = range.grad;
    kernels().template get<T>().copy_matrix(shape.value_width, n, grad.row(i), 1, grad.row_stride,
                                            scratch.grad.data(), kPitch);
    kernels().template attention<T>().dot_rows(n, shape.value_width, grad.row(i), grad.row_stride,
                                               range.out.row(i), range.out.row_stride, inner);
    const int64_t end = std::min(range.last, scratch.scores.visible_keys());
    for (int64_t j = range.first; j < end; j += kKeyBlock)
      bwd_block(shape, range, scratch, i, n, j, std::min(kKeyBlock, end - j), inner);
  }
}

// How many ranges of keys each head is cut into, by the shape alone.
struct KeyRanges {
  int64_t count, length;

  explicit KeyRanges(const AttentionShape& shape) {
    const int64_t blocks = std::max<int64_t>(1, (shape.keys + kKeyBlock - 1) / kKeyBlock);
    const int64_t wanted =
        std::clamp<int64_t>(kUnits / std::max<int64_t>(1, shape.heads), 1, blocks);
    const int64_t blocks_each = (blocks + wanted - 1) / wanted;
    length = blocks_each * kKeyBlock;
    count = (blocks + blocks_each - 1) / blocks_each;
  }
};

}  // namespace

int64_t AttentionShape::offset(const HeadStack& stack, int64_t head) const {
  int64_t sum = 0;
  for (int d = batch.size(); d-- > 0; head /= batch[d]) {
    const int64_t index = head % batch[d];
    sum += (d == batch.size() - 1 ? index / stack.group : index) * stack.strides[d];
  }
  return sum;
}

template <class T>
void attention_fwd(const AttentionShape& shape, const AttentionInputs<T>& inputs, T* out,
                   T* logsumexp) {
  const int64_t blocks = (shape.queries + kQueryBlock - 1) / kQueryBlock;
  const int64_t work =
      std::min(kQueryBlock, shape.queries) * shape.keys * (shape.width + shape.value_width);
  parallel_for(shape.heads * blocks, task_grain(work), [&](int64_t begin, int64_t end) {
    Scores<T> scores(shape, inputs);
    for (; begin < end; ++begin)
      fwd_queries(shape, inputs, scores, begin / blocks,
                  spread(begin % blocks, blocks) * kQueryBlock, out, logsumexp);
  });
}

template <class T>
void attention_bwd(const AttentionShape& shape, const AttentionInputs<T>& inputs,
                   const AttentionResults<T>& results, const AttentionGrads<T>& grads) {
  const KeyRanges ranges(shape);
  // With several ranges a head, their parts of the query's gradient are kept apart and then added.
  const bool parts = ranges.count > 1 && grads.query != nullptr;
  const int64_t size = shape.queries * shape.width;
  Scratch<T> sums;
  if (parts) sums.reserve(shape.heads * ranges.count * size);
  const int64_t work = shape.queries * ranges.length * (3 * shape.width + 2 * shape.value_width);
  parallel_for(shape.heads * ranges.count, task_grain(work), [&](int64_t begin, int64_t end) {
    BwdScratch<T> scratch(shape, inputs);
    for (; begin < end; ++begin) {
      const int64_t head = begin / ranges.count;
      const int64_t first = spread(begin % ranges.count, ranges.count) * ranges.length;
      const auto of = [&](auto* base, const HeadStack& stack) {
        return Matrix(shape, stack, base, head);
      };
      KeyRange<T> range{head,
                        first,
                        std::min(first + ranges.length, shape.keys),
                        of(inputs.query, shape.query),
                        of(inputs.key, shape.key),
                        of(inputs.value, shape.value),
                        of(results.out, shape.out),
                        of(results.grad, results.grad_stack),
                        of(grads.query, grads.query_stack),
                        of(grads.key, grads.key_stack),
                        of(grads.value, grads.value_stack),
                        results.logsumexp + head * shape.queries};
      if (parts) {
        range.grad_query.data = sums.data() + (head * ranges.count + first / ranges.length) * size;
        range.grad_query.row_stride = shape.width;
      }
      bwd_range(shape, range, scratch);
    }
  });
  if (!parts) return;
  parallel_for(shape.heads, task_grain(size * ranges.count), [&](int64_t begin, int64_t end) {
    for (; begin < end; ++begin) {
      GemmBlock<T> block{};
      block.m = shape.queries;
      block.n = shape.width;
      block.c = grads.query + shape.offset(grads.query_stack, begin);
      block.c_row = grads.query_stack.row;
      block.c_col = 1;
      kernels().template get<T>().gemm_combine(sums.data() + begin * ranges.count * size,
                                               ranges.count, block);
    }
  });
}

#define LAMINA_ATTENTION(T)                                                              \
  template void attention_fwd(const AttentionShape&, const AttentionInputs<T>&, T*, T*); \
  template void attention_bwd(const AttentionShape&, const AttentionInputs<T>&,          \
                              const AttentionResults<T>&, const AttentionGrads<T>&);
LAMINA_ATTENTION(float)
LAMINA_ATTENTION(double)
#undef LAMINA_ATTENTION

}  // namespace lamina

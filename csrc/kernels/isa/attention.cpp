// The steps of attention between its matrix products: weights from scores, and their gradients.
#include "kernels/attention.h"

#include "kernels/isa/vec_math.h"
#include "kernels/isa/vec_walk.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

// The highest of `start` and a column of scores; several chains, as each maximum waits for the
// last.
template <class T, class Part>
LAMINA_INLINE Vec<T> highest_score(const ScoreBlock& block, const T* scores, Vec<T> start,
                                   Part part) {
  constexpr int kChains = 4;
  Vec<T> top[kChains] = {start, start, start, start};
  int64_t j = 0;
  for (; j + kChains <= block.keys; j += kChains)
    for (int c = 0; c < kChains; ++c)
      top[c] = max(part.load(scores + (j + c) * block.pitch), top[c]);
  for (; j < block.keys; ++j) top[0] = max(part.load(scores + j * block.pitch), top[0]);
  return max(max(top[0], top[1]), max(top[2], top[3]));
}

template <class T>
void attention_weigh(const ScoreBlock& block, T* scores, T* highest, T* sums, T* rescale) {
  using V = Vec<T>;
  walk<T>(block.queries, [&](int64_t i, auto part) {
    const V before = part.load(highest + i);
    const V top = highest_score(block, scores + i, before, part);
    // Scores of -infinity alone: seen from 0 their weights are 0, from themselves NaN.
    const V origin = select(top == V(-Layout<T>::kInfinity), V(T(0)), top);
    V sum(T(0));
    for (T *at = scores + i, *end = at + block.keys * block.pitch; at < end; at += block.pitch) {
      const V weight = exp(part.load(at) - origin);
      part.store(at, weight);
      sum += weight;
    }
    const V factor = exp(before - origin);
    part.store(sums + i, fma(part.load(sums + i), factor, sum));
    part.store(highest + i, top);
    part.store(rescale + i, factor);
  });
}

template <class T>
void attention_close(int64_t queries, const T* highest, const T* sums, T* inverse, T* logsumexp) {
  using V = Vec<T>;
  walk<T>(queries, [&](int64_t i, auto part) {
    const V sum = part.load(sums + i);
    const auto blind = sum == V(T(0));
    part.store(inverse + i, select(blind, V(T(0)), V(T(1)) / sum));
    part.store(logsumexp + i, select(blind, V(T(0)), part.load(highest + i) + log(sum)));
  });
}

template <class T>
void attention_bwd(const ScoreBlock& block, T* scores, T* grads, const T* logsumexp,
                   const T* inner) {
  using V = Vec<T>;
  walk<T>(block.queries, [&](int64_t i, auto part) {
    const V origin = part.load(logsumexp + i), mean = part.load(inner + i);
    for (int64_t j = 0, at = i; j < block.keys; ++j, at += block.pitch) {
      const V weight = exp(part.load(scores + at) - origin);
      part.store(scores + at, weight);
      part.store(grads + at, weight * (part.load(grads + at) - mean));
    }
  });
}

template <class T>
void scale_rows(int64_t rows, int64_t n, T* x, int64_t row, const T* factors, int64_t step) {
  for (; rows > 0; --rows, x += row, factors += step)
    walk<T>(n,
            [&](int64_t i, auto part) { part.store(x + i, part.load(x + i) * Vec<T>(*factors)); });
}

template <class T>
void dot_rows(int64_t rows, int64_t n, const T* a, int64_t a_row, const T* b, int64_t b_row, T* y) {
  using V = Vec<T>;
  for (int64_t i = 0; i < rows; ++i, a += a_row, b += b_row) {
    V sum(T(0));
    walk<T>(n, [&](int64_t k, auto part) { sum = fma(part.load(a + k), part.load(b + k), sum); });
    y[i] = hsum(sum);
  }
}

template <class T>
constexpr AttentionKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/attention.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_attention(KernelTable& table) {
  table.attention_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

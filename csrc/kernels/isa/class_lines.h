// Scores of classes: the log of their summed exponentials and the gradient that follows from it,
// along adjacent scores (a row a prediction) or across them (predictions side by side).
#pragma once

#include "kernels/isa/reduce_fold.h"
#include "kernels/loss.h"

namespace lamina::LAMINA_ISA_NS {

// Calls f(line, offset of its first score) for each row.
template <class F>
LAMINA_INLINE void each_row(const SoftmaxBlock& block, F f) {
  for (int64_t line = 0; line < block.lines; ++line) f(line, line * block.n);
}
// Calls f(class, line, offset, part) for vectors of adjacent lines, class by class.
template <class T, class F>
LAMINA_INLINE void each_column(const SoftmaxBlock& block, F f) {
  for (int64_t i = 0; i < block.n; ++i)
    walk<T>(block.lines, [&](int64_t c, auto part) { f(i, c, i * block.stride + c, part); });
}

template <class T>
void class_logsumexp(const SoftmaxBlock& block, const T* x, T* logsumexp) {
  using V = Vec<T>;
  T highest[kMostClassLines];
  if (block.stride == 1) {
    each_row(block, [&](int64_t line, int64_t at) {
      highest[line] = fold_row<Highest>(block.n, x + at);
      const V top(highest[line]);
      V sum(T(0));
      walk<T>(block.n, [&](int64_t i, auto part) {
        sum += part.fill(exp(part.load(x + at + i) - top), V(T(0)));
      });
      logsumexp[line] = hsum(sum);
    });
  } else {
    fold_columns<Highest>(block.lines, block.n, block.stride, x, highest);
    for (int64_t c = 0; c < block.lines; ++c) logsumexp[c] = 0;
    each_column<T>(block, [&](int64_t, int64_t c, int64_t at, auto part) {
      const V term = exp(part.load(x + at) - part.load(highest + c));
      part.store(logsumexp + c, part.load(logsumexp + c) + term);
    });
  }
  walk<T>(block.lines, [&](int64_t i, auto part) {
    part.store(logsumexp + i, log(part.load(logsumexp + i)) + part.load(highest + i));
  });
}

template <class T>
void class_dot(const SoftmaxBlock& block, const T* x, const T* weight, T* sums) {
  using V = Vec<T>;
  if (block.stride == 1) {
    each_row(block, [&](int64_t line, int64_t at) {
      V sum(T(0));
      walk<T>(block.n, [&](int64_t i, auto part) {
        const V scores = part.load(x + at + i);
        sum += weight ? scores * part.load(weight + i) : scores;
      });
      sums[line] = hsum(sum);
    });
    return;
  }
  for (int64_t c = 0; c < block.lines; ++c) sums[c] = 0;
  each_column<T>(block, [&](int64_t i, int64_t c, int64_t at, auto part) {
    const V factor(weight ? weight[i] : T(1));
    part.store(sums + c, fma(part.load(x + at), factor, part.load(sums + c)));
  });
}

template <class T>
void class_grad(const SoftmaxBlock& block, const T* x, const ClassGrad<T>& grad, T* grad_x) {
  using V = Vec<T>;
  const auto* weight = grad.weight;
  if (block.stride == 1) {
    each_row(block, [&](int64_t line, int64_t at) {
      const V logsumexp(grad.logsumexp[line]), total(grad.total[line]);
      const V share(grad.share ? grad.share[line] : T(0));
      walk<T>(block.n, [&](int64_t i, auto part) {
        V value = exp(part.load(x + at + i) - logsumexp) * total;
        if (grad.share) value -= weight ? share * part.load(weight + i) : share;
        part.store(grad_x + at + i, value);
      });
    });
    return;
  }
  each_column<T>(block, [&](int64_t i, int64_t c, int64_t at, auto part) {
    const V powers = exp(part.load(x + at) - part.load(grad.logsumexp + c));
    V value = powers * part.load(grad.total + c);
    if (grad.share) value -= part.load(grad.share + c) * V(weight ? weight[i] : T(1));
    part.store(grad_x + at, value);
  });
}

}  // namespace lamina::LAMINA_ISA_NS

// Softmax and its logarithm along adjacent numbers (a row each) or across them (many columns at
// once), with their gradients.
#include "kernels/isa/reduce_fold.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

// Columns whose maxima and sums fit beside the data in the first cache.
constexpr int64_t kColumns = 1024;

// The exponentials of the elements, seen from the highest, are summed; closing() is what finish()
// needs of the sum. finish() gets the exponential back where kKeepsTerms, else the element.
struct Softmax {
  static constexpr bool kKeepsTerms = true;
  template <class V>
  static LAMINA_INLINE V closing(V sum) {
    return V(1) / sum;
  }
  template <class V>
  static LAMINA_INLINE V finish(V term, V, V closing) {
    return term * closing;
  }
};
struct LogSoftmax {
  static constexpr bool kKeepsTerms = false;
  template <class V>
  static LAMINA_INLINE V closing(V sum) {
    return log(sum);
  }
  template <class V>
  static LAMINA_INLINE V finish(V x, V highest, V closing) {
    return x - highest - closing;
  }
};

template <class F, class T>
LAMINA_INLINE void row(int64_t n, const T* x, T* y) {
  using V = Vec<T>;
  const V highest(fold_row<Highest>(n, x));
  V sum(T(0));
  walk<T>(n, [&](int64_t i, auto part) {
    const V term = exp(part.load(x + i) - highest);
    if constexpr (F::kKeepsTerms) part.store(y + i, term);
    sum += part.fill(term, V(T(0)));
  });
  const V closing(F::closing(hsum(sum)));
  const T* from = F::kKeepsTerms ? y : x;
  walk<T>(n, [&](int64_t i, auto part) {
    part.store(y + i, F::finish(part.load(from + i), highest, closing));
  });
}

// What is kept of each column; the last vector is whole, as a store in part would delay the load
// that follows.
template <class T>
struct ColumnState {
  static_assert(kColumns % Vec<T>::width == 0);
  T values[kColumns];

  explicit LAMINA_INLINE ColumnState(int64_t columns) {
    for (int64_t c = 0; c < columns; c += Vec<T>::width) set(c, Vec<T>(T(0)));
  }
  LAMINA_INLINE Vec<T> operator[](int64_t c) const { return Vec<T>::load(values + c); }
  LAMINA_INLINE void set(int64_t c, Vec<T> value) { value.store(values + c); }
};

// Row by row, as memory has them.
template <class F, class T>
LAMINA_INLINE void columns(int64_t lines, int64_t n, int64_t stride, const T* x, T* y) {
  using V = Vec<T>;
  ColumnState<T> highest(lines), sums(lines);
  fold_columns<Highest>(lines, n, stride, x, highest.values);
  for (int64_t i = 0; i < n; ++i)
    walk<T>(lines, [&](int64_t c, auto part) {
      const V term = exp(part.load(x + i * stride + c) - highest[c]);
      if constexpr (F::kKeepsTerms) part.store(y + i * stride + c, term);
      sums.set(c, sums[c] + term);
    });
  for (int64_t c = 0; c < lines; c += V::width) sums.set(c, F::closing(sums[c]));
  const T* from = F::kKeepsTerms ? y : x;
  for (int64_t i = 0; i < n; ++i)
    walk<T>(lines, [&](int64_t c, auto part) {
      const V value = part.load(from + i * stride + c);
      part.store(y + i * stride + c, F::finish(value, highest[c], sums[c]));
    });
}

// The gradients sum one term of each element, then finish each.
struct SoftmaxGrad {
  template <class V>
  static LAMINA_INLINE V term(V y, V grad) {
    return y * grad;
  }
  template <class V>
  static LAMINA_INLINE V finish(V y, V grad, V sum) {
    return y * (grad - sum);
  }
};
struct LogSoftmaxGrad {
  template <class V>
  static LAMINA_INLINE V term(V, V grad) {
    return grad;
  }
  template <class V>
  static LAMINA_INLINE V finish(V y, V grad, V sum) {
    return grad - exp(y) * sum;
  }
};

template <class F, class T>
LAMINA_INLINE void row_bwd(int64_t n, const T* y, const T* grad, T* grad_x) {
  using V = Vec<T>;
  V sums(T(0));
  walk<T>(n, [&](int64_t i, auto part) { sums += F::term(part.load(y + i), part.load(grad + i)); });
  const V sum(hsum(sums));
  walk<T>(n, [&](int64_t i, auto part) {
    part.store(grad_x + i, F::finish(part.load(y + i), part.load(grad + i), sum));
  });
}

template <class F, class T>
LAMINA_INLINE void columns_bwd(int64_t lines, int64_t n, int64_t stride, const T* y, const T* grad,
                               T* grad_x) {
  ColumnState<T> sums(lines);
  for (int64_t i = 0; i < n; ++i)
    walk<T>(lines, [&](int64_t c, auto part) {
      const int64_t at = i * stride + c;
      sums.set(c, sums[c] + F::term(part.load(y + at), part.load(grad + at)));
    });
  for (int64_t i = 0; i < n; ++i)
    walk<T>(lines, [&](int64_t c, auto part) {
      const int64_t at = i * stride + c;
      part.store(grad_x + at, F::finish(part.load(y + at), part.load(grad + at), sums[c]));
    });
}

// Calls row(offset) for each row, or columns(first, count) for groups of columns.
template <class Row, class Columns>
LAMINA_INLINE void each(const SoftmaxBlock& block, Row row, Columns columns) {
  if (block.stride == 1) {
    for (int64_t line = 0; line < block.lines; ++line) row(line * block.n);
  } else {
    for (int64_t c = 0; c < block.lines; c += kColumns)
      columns(c, block.lines - c < kColumns ? block.lines - c : kColumns);
  }
}

template <class F, class T>
LAMINA_INLINE void fwd(const SoftmaxBlock& block, const T* x, T* y) {
  each(
      block, [&](int64_t at) { row<F>(block.n, x + at, y + at); },
      [&](int64_t c, int64_t lines) { columns<F>(lines, block.n, block.stride, x + c, y + c); });
}

template <class F, class T>
LAMINA_INLINE void bwd(const SoftmaxBlock& block, const T* y, const T* grad, T* grad_x) {
  each(
      block, [&](int64_t at) { row_bwd<F>(block.n, y + at, grad + at, grad_x + at); },
      [&](int64_t c, int64_t lines) {
        columns_bwd<F>(lines, block.n, block.stride, y + c, grad + c, grad_x + c);
      });
}

template <class T>
void softmax_fwd(const SoftmaxBlock& block, const T* x, T* y) {
  fwd<Softmax>(block, x, y);
}
template <class T>
void log_softmax_fwd(const SoftmaxBlock& block, const T* x, T* y) {
  fwd<LogSoftmax>(block, x, y);
}
template <class T>
void softmax_bwd(const SoftmaxBlock& block, const T* y, const T* grad, T* grad_x) {
  bwd<SoftmaxGrad>(block, y, grad, grad_x);
}
template <class T>
void log_softmax_bwd(const SoftmaxBlock& block, const T* y, const T* grad, T* grad_x) {
  bwd<LogSoftmaxGrad>(block, y, grad, grad_x);
}

template <class T>
void fill(FloatKernels<T>& table) {
#define FLOAT_KERNEL(name, args) table.name = &name<T>;
#include "kernels/softmax.def"
#undef FLOAT_KERNEL
}

}  // namespace

void fill_softmax(KernelTable& table) {
  fill(table.f32);
  fill(table.f64);
}

}  // namespace lamina::LAMINA_ISA_NS

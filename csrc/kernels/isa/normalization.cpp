// The kernels of normalization: statistics of channels and rows, and the passes that use them.
#include "kernels/normalization.h"

#include "kernels/isa/reduce_fold.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

// ---- channels ----

template <class T>
void moments(const ChannelBlock& block, const T* x, T* mean, T* squares) {
  const T count = static_cast<T>(block.images * block.inner);
  if (block.inner == 1) {
    const ReduceBlock columns{block.channels, 1, 1, 0, block.images, block.image_stride};
    const T* from_zero = nullptr;
    fold_columns<Sum, FoldVectors<Sum, T>>(columns, x, from_zero, mean);
    for (int64_t c = 0; c < block.channels; ++c) mean[c] /= count;
    fold_columns<SumSquares, FoldVectors<SumSquares, T>>(columns, x, mean, squares);
    return;
  }
  const ReduceBlock runs{1, 0, block.images, block.image_stride, block.inner, 1};
  for (int64_t c = 0; c < block.channels; ++c, x += block.inner) {
    mean[c] = FoldVectors<Sum, T>::row(runs, x, T(0)) / count;
    squares[c] = FoldVectors<SumSquares, T>::row(runs, x, mean[c]);
  }
}

// Two chains of sums, so that one addition need not wait for the last.
template <class T>
struct GradSums {
  using V = Vec<T>;
  V sum[2] = {V(T(0)), V(T(0))}, product[2] = {V(T(0)), V(T(0))};

  LAMINA_INLINE void add(int64_t n, const T* x, const T* grad, V center) {
    constexpr int64_t kWidth = V::width;
    const int64_t whole = n - n % (2 * kWidth);
    const auto join = [&](int chain, int64_t i, auto part) {
      const V g = part.load(grad + i);
      sum[chain] += g;
      product[chain] = fma(g, part.load(x + i) - center, product[chain]);
    };
    for (int64_t i = 0; i < whole; i += 2 * kWidth)
      for (int k = 0; k < 2; ++k) join(k, i + k * kWidth, WholeVec<T>{});
    walk<T>(n - whole, [&](int64_t i, auto part) { join(0, whole + i, part); });
  }
};

template <class T>
void grad_sums(const ChannelBlock& block, const T* x, const T* grad, const T* center, T* sums,
               T* products) {
  using V = Vec<T>;
  if (block.inner > 1) {
    for (int64_t c = 0; c < block.channels; ++c, x += block.inner, grad += block.inner) {
      GradSums<T> of_channel;
      for (int64_t image = 0; image < block.images; ++image)
        of_channel.add(block.inner, x + image * block.image_stride,
                       grad + image * block.image_stride, V(center[c]));
      sums[c] = hsum(of_channel.sum[0] + of_channel.sum[1]);
      products[c] = hsum(of_channel.product[0] + of_channel.product[1]);
    }
    return;
  }
  for (int64_t c = 0; c < block.channels; ++c) sums[c] = products[c] = T(0);
  for (int64_t image = 0; image < block.images; ++image) {
    walk<T>(block.channels, [&](int64_t c, auto part) {
      const V g = part.load(grad + c), apart = part.load(x + c) - part.load(center + c);
      part.store(sums + c, part.load(sums + c) + g);
      part.store(products + c, fma(g, apart, part.load(products + c)));
    });
    x += block.image_stride;
    grad += block.image_stride;
  }
}

// Calls f(at, part, v) for every element, v being its channel's number of each of `values`.
template <int kCount, class T, class F>
LAMINA_INLINE void walk_channels(const ChannelBlock& block, const T* const (&values)[kCount], F f) {
  using V = Vec<T>;
  V v[kCount];
  for (int64_t image = 0; image < block.images; ++image) {
    const int64_t at = image * block.image_stride;
    if (block.inner == 1) {
      walk<T>(block.channels, [&](int64_t c, auto part) {
        for (int k = 0; k < kCount; ++k) v[k] = part.load(values[k] + c);
        f(at + c, part, v);
      });
    } else {
      for (int64_t c = 0; c < block.channels; ++c) {
        for (int k = 0; k < kCount; ++k) v[k] = V(values[k][c]);
        walk<T>(block.inner, [&](int64_t i, auto part) { f(at + c * block.inner + i, part, v); });
      }
    }
  }
}

template <class T>
void normalize(const ChannelBlock& block, const T* x, const T* center, const T* scale,
               const T* shift, T* y) {
  walk_channels<3, T>(block, {center, scale, shift}, [&](int64_t at, auto part, auto& v) {
    part.store(y + at, fma(part.load(x + at) - v[0], v[1], v[2]));
  });
}

template <class T>
void normalize_bwd(const ChannelBlock& block, const T* x, const T* grad, const ChannelSlopes<T>& by,
                   T* grad_x) {
  walk_channels<4, T>(
      block, {by.center, by.scale, by.slope, by.offset}, [&](int64_t at, auto part, auto& v) {
        const Vec<T> apart = part.load(x + at) - v[0];
        part.store(grad_x + at, fma(part.load(grad + at), v[1], -fma(apart, v[2], v[3])));
      });
}

// ---- rows ----

template <class T>
void normalize_rows(const NormRows& rows, const T* x, const T* weight, const T* bias, T* y, T* mean,
                    T* rstd) {
  using V = Vec<T>;
  const T count = static_cast<T>(rows.n);
  const ReduceBlock row{1, 0, 1, 0, rows.n, 1};
  for (int64_t r = 0; r < rows.count; ++r, x += rows.n, y += rows.n) {
    mean[r] = rows.centered ? FoldVectors<Sum, T>::row(row, x, T(0)) / count : T(0);
    const T variance = FoldVectors<SumSquares, T>::row(row, x, mean[r]) / count;
    rstd[r] = rsqrt(variance + static_cast<T>(rows.eps));
    const V center(mean[r]), scale(rstd[r]);
    walk<T>(rows.n, [&](int64_t i, auto part) {
      V value = (part.load(x + i) - center) * scale;
      if (weight) value *= part.load(weight + i);
      if (bias) value += part.load(bias + i);
      part.store(y + i, value);
    });
  }
}

// grad_x = rstd (h - mean(h) - normalized mean(h normalized)), where h = grad * weight.
template <class T>
void normalize_rows_bwd(const NormRows& rows, const T* x, const T* grad, const T* weight,
                        const T* mean, const T* rstd, T* grad_x, T* grad_weight, T* grad_bias) {
  using V = Vec<T>;
  const T count = static_cast<T>(rows.n);
  for (int64_t r = 0; r < rows.count; ++r, x += rows.n, grad += rows.n) {
    const V center(mean[r]), scale(rstd[r]);
    V sum(T(0)), product(T(0));
    walk<T>(rows.n, [&](int64_t i, auto part) {
      const V g = part.load(grad + i), normalized = (part.load(x + i) - center) * scale;
      const V h = weight ? g * part.load(weight + i) : g;
      sum += h;
      product = fma(h, normalized, product);
      if (grad_weight) part.store(grad_weight + i, fma(g, normalized, part.load(grad_weight + i)));
      if (grad_bias) part.store(grad_bias + i, part.load(grad_bias + i) + g);
    });
    if (!grad_x) continue;
    const V offset(rows.centered ? hsum(sum) / count : T(0)), slope(hsum(product) / count);
    walk<T>(rows.n, [&](int64_t i, auto part) {
      const V g = part.load(grad + i), normalized = (part.load(x + i) - center) * scale;
      const V h = weight ? g * part.load(weight + i) : g;
      part.store(grad_x + i, scale * (h - fma(normalized, slope, offset)));
    });
    grad_x += rows.n;
  }
}

template <class T>
constexpr NormalizationKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/normalization.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_normalization(KernelTable& table) {
  table.normalization_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

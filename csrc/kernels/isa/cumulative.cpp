// Running folds: sums and products of floats are carried in double, as rounding errors add up along
// a line.
#include "kernels/isa/number.h"
#include "kernels/isa/vec_math.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

// Lines that are walked side by side.
constexpr int64_t kLines = 64;

template <class T>
struct CarryOf {
  using Type = int64_t;
};
template <Scalar T>
struct CarryOf<T> {
  using Type = double;
};

struct RunningSum {
  template <class A>
  static constexpr A identity() {
    return A(0);
  }
  template <class A>
  static LAMINA_INLINE A join(A a, A b) {
    return a + b;
  }
};
struct RunningProduct {
  template <class A>
  static constexpr A identity() {
    return A(1);
  }
  template <class A>
  static LAMINA_INLINE A join(A a, A b) {
    return a * b;
  }
};
struct RunningLogSumExp {
  template <class A>
  static constexpr A identity() {
    return -Layout<A>::kInfinity;
  }
  template <class A>
  static LAMINA_INLINE A join(A a, A b) {
    const A high = a > b || a != a ? a : b, low = a > b || a != a ? b : a;
    // Equal infinities differ by NaN.
    return high == low && isinf(high) ? high : high + log1p(exp(low - high));
  }
};

template <class F, class T>
LAMINA_INLINE void line(int64_t n, int64_t stride, const T* x, T* y) {
  using A = typename CarryOf<T>::Type;
  A carry = F::template identity<A>();
  for (int64_t i = 0; i < n; ++i, x += stride, y += stride) {
    carry = F::join(carry, static_cast<A>(*x));
    *y = static_cast<T>(carry);
  }
}

template <class F, class T>
LAMINA_INLINE void side_by_side(int64_t lines, int64_t n, int64_t stride, const T* x, T* y) {
  using A = typename CarryOf<T>::Type;
  A carry[kLines];
  for (int64_t c = 0; c < lines; ++c) carry[c] = F::template identity<A>();
  for (int64_t i = 0; i < n; ++i, x += stride, y += stride)
    for (int64_t c = 0; c < lines; ++c) {
      carry[c] = F::join(carry[c], static_cast<A>(x[c]));
      y[c] = static_cast<T>(carry[c]);
    }
}

template <class F, class T>
LAMINA_INLINE void scan(const ScanBlock& block, const T* x, T* y) {
  if (block.line_stride == 1)
    for (int64_t c = 0; c < block.lines; c += kLines)
      side_by_side<F>(block.lines - c < kLines ? block.lines - c : kLines, block.n, block.stride,
                      x + c, y + c);
  else
    for (int64_t c = 0; c < block.lines; ++c)
      line<F>(block.n, block.stride, x + c * block.line_stride, y + c * block.line_stride);
}

template <class T>
void cumsum(const ScanBlock& block, const T* x, T* y) {
  scan<RunningSum>(block, x, y);
}
template <class T>
void cumprod(const ScanBlock& block, const T* x, T* y) {
  scan<RunningProduct>(block, x, y);
}
template <class T>
void logcumsumexp(const ScanBlock& block, const T* x, T* y) {
  scan<RunningLogSumExp>(block, x, y);
}

#define FLOAT_KERNEL(name, args)
template <class T>
void fill(NumberKernels<T>& table) {
#define NUMBER_KERNEL(name, args) table.name = &name<T>;
#include "kernels/cumulative.def"
#undef NUMBER_KERNEL
}
#undef FLOAT_KERNEL
#define NUMBER_KERNEL(name, args)
template <class T>
void fill(FloatKernels<T>& table) {
#define FLOAT_KERNEL(name, args) table.name = &name<T>;
#include "kernels/cumulative.def"
#undef FLOAT_KERNEL
}
#undef NUMBER_KERNEL

}  // namespace

void fill_cumulative(KernelTable& table) {
  fill(table.f32);
  fill(table.f64);
  table.each_number([](auto& numbers) { fill(numbers); });
}

}  // namespace lamina::LAMINA_ISA_NS

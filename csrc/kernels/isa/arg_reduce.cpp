// Extremes with their positions.
#include "kernels/isa/reduce_fold.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

// Elements whose extreme is found before it is compared with that of earlier ones.
constexpr int64_t kStretch = 512;

template <class F, class T>
LAMINA_INLINE T extreme_of(int64_t n, const T* x) {
  if constexpr (Scalar<T>)
    return fold_row<F>(n, x);
  else
    return FoldElements<F, T, T>::row({1, 0, 1, 0, n, 1}, x, T(0));
}

// Does x take the place of the extreme so far?
template <class F, class V>
LAMINA_INLINE auto displaces(V x, V extreme) {
  if constexpr (Real<V>)
    return F::displaces(x, extreme) | (isnan(x) & !isnan(extreme));
  else
    return F::displaces(x, extreme);
}

struct ArgMax : Highest {
  template <class V>
  static LAMINA_INLINE auto displaces(V x, V extreme) {
    return x > extreme;
  }
};
struct ArgMin : Lowest {
  template <class V>
  static LAMINA_INLINE auto displaces(V x, V extreme) {
    return x < extreme;
  }
};

template <class V>
LAMINA_INLINE auto same(V a, V b) {
  return (a == b) | (isnan(a) & isnan(b));
}

template <class T>
LAMINA_INLINE int64_t first_lane(Mask<T> mask) {
  if constexpr (sizeof(mask.raw) <= sizeof(int)) return __builtin_ctz(mask.raw);  // a bit a lane
  const IntVec<T> lanes = select(mask, lane_numbers<T>(), IntVec<T>(Vec<T>::width));
  return native::fold<LowestLane>(lanes.raw);
}

// The place of a value that is among the elements.
template <class T>
LAMINA_INLINE int64_t first_of(int64_t n, const T* x, T value) {
  int64_t i = 0;
  if constexpr (Scalar<T>) {
    using V = Vec<T>;
    for (;; i += V::width) {
      const V at = i + V::width <= n ? V::load(x + i) : V::load(x + i, n - i);
      const auto hit = same(at, V(value));
      if (any(hit)) return i + first_lane(hit);
    }
  } else {
    while (x[i] != value) ++i;
    return i;
  }
}

// The extreme of whole stretches is found fast; its place is then looked for in one of them.
template <class F, class T>
LAMINA_INLINE int64_t row(int64_t n, const T* x) {
  int64_t best = 0;
  T extreme = extreme_of<F>(n < kStretch ? n : kStretch, x);
  for (int64_t i = kStretch; i < n; i += kStretch) {
    const T here = extreme_of<F>(n - i < kStretch ? n - i : kStretch, x + i);
    if (displaces<F>(here, extreme)) {
      extreme = here;
      best = i;
    }
  }
  return best + first_of(n - best, x + best, extreme);
}

constexpr int64_t kColumns = 1024;

// At most kColumns results at a time.
template <class F, class T>
LAMINA_INLINE void columns_by_element(const ReduceBlock& block, const T* x, T* values,
                                      int64_t* indices) {
  for (int64_t c = 0; c < block.kept; ++c) indices[c] = 0;
  for (int64_t row = 1; row < block.n; ++row) {
    const T* at = x + row * block.n_stride;
    for (int64_t c = 0; c < block.kept; ++c) {
      const bool takes = displaces<F>(at[c], values[c]);
      values[c] = takes ? at[c] : values[c];
      indices[c] = takes ? row : indices[c];
    }
  }
}

// Some rows at a time, while their extremes stay in registers. The indices are integers of the
// elements' width, kept as bit patterns.
template <class F, class T>
LAMINA_INLINE void columns_by_vector(const ReduceBlock& block, const T* x, T* values,
                                     int64_t* indices) {
  using Index = IntVec<T>;
  T bits[kColumns];
  for (int64_t c = 0; c < block.kept; ++c) bits[c] = T(0);
  for (int64_t first = 1; first < block.n; first += kRows) {
    const int64_t last = first + kRows < block.n ? first + kRows : block.n;
    walk<T>(block.kept, [&](int64_t c, auto part) {
      Vec<T> extreme = part.load(values + c);
      Index index = to_bits(part.load(bits + c));
      for (int64_t row = first; row < last; ++row) {
        const Vec<T> at = part.load(x + row * block.n_stride + c);
        const auto takes = displaces<F>(at, extreme);
        extreme = select(takes, at, extreme);
        index = select(takes, Index(static_cast<typename Index::Lane>(row)), index);
      }
      part.store(values + c, extreme);
      part.store(bits + c, from_bits(index));
    });
  }
  for (int64_t c = 0; c < block.kept; ++c) indices[c] = to_bits(bits[c]);
}

template <class F, class T>
LAMINA_INLINE void columns(const ReduceBlock& block, const T* x, T* values, int64_t* indices) {
  for (int64_t c = 0; c < block.kept; ++c) values[c] = x[c];
  if constexpr (Scalar<T>) {
    if (sizeof(T) == 8 || block.n <= INT32_MAX)
      return columns_by_vector<F>(block, x, values, indices);
  }
  columns_by_element<F>(block, x, values, indices);
}

template <class F, class T>
LAMINA_INLINE void find(const ReduceBlock& block, const T* x, T* values, int64_t* indices) {
  if (block.n_stride == 1) {
    for (int64_t i = 0; i < block.kept; ++i, x += block.kept_stride) {
      indices[i] = row<F>(block.n, x);
      values[i] = x[indices[i]];
    }
    return;
  }
  ReduceBlock part = block;
  for (int64_t c = 0; c < block.kept; c += kColumns) {
    part.kept = block.kept - c < kColumns ? block.kept - c : kColumns;
    columns<F>(part, x + c, values + c, indices + c);
  }
}

template <class T>
void argmax(const ReduceBlock& block, const T* x, T* values, int64_t* indices) {
  find<ArgMax>(block, x, values, indices);
}
template <class T>
void argmin(const ReduceBlock& block, const T* x, T* values, int64_t* indices) {
  find<ArgMin>(block, x, values, indices);
}

template <class T>
void fill(NumberKernels<T>& table) {
#define NUMBER_KERNEL(name, args) table.name = &name<T>;
#include "kernels/arg_reduce.def"
#undef NUMBER_KERNEL
}

}  // namespace

void fill_arg_reduce(KernelTable& table) {
  table.each_number([](auto& numbers) { fill(numbers); });
}

}  // namespace lamina::LAMINA_ISA_NS

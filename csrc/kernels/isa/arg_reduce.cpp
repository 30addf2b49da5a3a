// Extremes with their positions.
#include "kernels/isa/reduce_fold.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

// Elements whose extreme is found before it is compared with that of earlier ones.
constexpr int64_t kStretch = 2048;

template <class F, class T>
LAMINA_INLINE T extreme_of(int64_t n, const T* x) {
  const ReduceBlock block{1, 0, 1, 0, n, 1};
  if constexpr (Scalar<T>)
    return FoldVectors<F, T>::row(block, x, T(0));
  else
    return FoldElements<F, T, T>::row(block, x, T(0));
}

// Does x take the place of the extreme so far?
template <class F, class T>
LAMINA_INLINE bool displaces(T x, T extreme) {
  if constexpr (Scalar<T>) return F::displaces(x, extreme) | ((x != x) & (extreme == extreme));
  else return F::displaces(x, extreme);
}

struct ArgMax : Highest {
  template <class T>
  static LAMINA_INLINE bool displaces(T x, T extreme) {
    return x > extreme;
  }
};
struct ArgMin : Lowest {
  template <class T>
  static LAMINA_INLINE bool displaces(T x, T extreme) {
    return x < extreme;
  }
};

template <class T>
LAMINA_INLINE int64_t first_of(const T* x, T value) {
  int64_t i = 0;
  if (value != value)
    while (x[i] == x[i]) ++i;
  else
    while (x[i] != value) ++i;
  return i;
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
  return best + first_of(x + best, extreme);
}

constexpr int64_t kColumns = 256;

// At most kColumns results at a time, with places as wide as the elements.
template <class F, class T, class Place>
LAMINA_INLINE void columns(int64_t kept, const ReduceBlock& block, const T* x, T* values,
                           int64_t* indices) {
  Place places[kColumns];
  for (int64_t c = 0; c < kept; ++c) {
    values[c] = x[c];
    places[c] = 0;
  }
  for (int64_t row = 1; row < block.n; ++row) {
    const T* at = x + row * block.n_stride;
    const auto place = static_cast<Place>(row);
    for (int64_t c = 0; c < kept; ++c) {
      const bool takes = displaces<F>(at[c], values[c]);
      values[c] = takes ? at[c] : values[c];
      places[c] = takes ? place : places[c];
    }
  }
  for (int64_t c = 0; c < kept; ++c) indices[c] = places[c];
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
  for (int64_t c = 0; c < block.kept; c += kColumns) {
    const int64_t kept = block.kept - c < kColumns ? block.kept - c : kColumns;
    if (sizeof(T) == 8 || block.n > INT32_MAX)
      columns<F, T, int64_t>(kept, block, x + c, values + c, indices + c);
    else
      columns<F, T, int32_t>(kept, block, x + c, values + c, indices + c);
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

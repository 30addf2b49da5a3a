// Squares of vectors seen as matrices: transposed, or summed along their rows, within registers.
#pragma once

#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

template <int... kLane>
struct Lanes {};
template <int kCount, int... kLane>
struct CountLanes : CountLanes<kCount - 1, kCount - 1, kLane...> {};
template <int... kLane>
struct CountLanes<0, kLane...> {
  using Result = Lanes<kLane...>;
};

// Swaps, in every square of kStep * 2 lanes and rows, the two quarters off the diagonal.
template <class T, int kStep, int... kLane>
LAMINA_INLINE void swap_quarters(Vec<T>& low, Vec<T>& high, Lanes<kLane...>) {
  constexpr int kWidth = Vec<T>::width;
  const Vec<T> a = low, b = high;
  low = Vec<T>(__builtin_shufflevector(a.raw, b.raw,
                                       ((kLane & kStep) != 0 ? kWidth + kLane - kStep : kLane)...));
  high = Vec<T>(__builtin_shufflevector(
      a.raw, b.raw, ((kLane & kStep) != 0 ? kWidth + kLane : kLane + kStep)...));
}

// Row i becomes column i.
template <class T, int kStep = Vec<T>::width / 2>
LAMINA_INLINE void transpose(Vec<T> (&rows)[Vec<T>::width]) {
  constexpr int kWidth = Vec<T>::width;
  LAMINA_UNROLL for (int i = 0; i < kWidth; ++i) {
    if ((i & kStep) == 0) {
      swap_quarters<T, kStep>(rows[i], rows[i + kStep], typename CountLanes<kWidth>::Result{});
    }
  }
  if constexpr (kStep > 1) transpose<T, kStep / 2>(rows);
}

// Lane i of the result is the sum of rows[i]'s lanes: those kStep apart first.
template <class T, int kStep = Vec<T>::width / 2>
LAMINA_INLINE Vec<T> sum_rows(Vec<T>* rows) {
  LAMINA_UNROLL for (int i = 0; i < kStep; ++i) {
    swap_quarters<T, kStep>(rows[i], rows[i + kStep], typename CountLanes<Vec<T>::width>::Result{});
    rows[i] += rows[i + kStep];
  }
  if constexpr (kStep > 1) return sum_rows<T, kStep / 2>(rows);
  return rows[0];
}

}  // namespace lamina::LAMINA_ISA_NS

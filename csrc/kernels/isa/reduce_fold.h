// The two loops of every reduction, over adjacent elements of one result and over adjacent results:
// by vectors for floats, by elements (which compilers vectorise) for the rest.
#pragma once

#include "kernels/isa/reduce_formulas.h"
#include "kernels/isa/vec_walk.h"
#include "kernels/reduce.h"

namespace lamina::LAMINA_ISA_NS {

// Rows that are joined before they meet the result.
inline constexpr int kRows = 16;
// Adjacent rows from this length on are one stream, which memory delivers faster than many side by
// side.
inline constexpr int64_t kStreamedRow = 512;

template <class F, class T>
struct FoldVectors {
  using V = Vec<T>;

  static LAMINA_INLINE V identity() { return V(F::template identity<T>()); }
  static LAMINA_INLINE T fold_lanes(V v) { return native::fold<typename F::Fold>(v.raw); }

  // acc[0] takes in the elements of a run.
  static constexpr int kChains = 4;
  static LAMINA_INLINE void run(int64_t n, const T* x, V center, V (&acc)[kChains]) {
    constexpr int64_t kStep = kChains * V::width;
    const int64_t whole = n - n % kStep;
    for (int64_t i = 0; i < whole; i += kStep)
      for (int k = 0; k < kChains; ++k)
        acc[k] = F::join(acc[k], F::term(V::load(x + i + k * V::width), center));
    walk<T>(n - whole, [&](int64_t i, auto part) {
      const V term = F::term(part.load(x + whole + i), center);
      acc[0] = F::join(acc[0], part.fill(term, identity()));
    });
  }

  static LAMINA_INLINE T row(const ReduceBlock& block, const T* x, T center) {
    if (block.outer == 1 && block.n <= V::width) {
      const PartVec<T> part{block.n};
      return fold_lanes(part.fill(F::term(part.load(x), V(center)), identity()));
    }
    V acc[kChains] = {identity(), identity(), identity(), identity()};
    for (int64_t o = 0; o < block.outer; ++o, x += block.outer_stride)
      run(block.n, x, V(center), acc);
    return fold_lanes(F::join(F::join(acc[0], acc[1]), F::join(acc[2], acc[3])));
  }

  // Row by row in pairs of pairs.
  template <int kCount, class Part>
  static LAMINA_INLINE V join_rows(const T* x, int64_t stride, V center, Part part) {
    if constexpr (kCount == 1)
      return F::term(part.load(x), center);
    else
      return F::join(join_rows<kCount / 2>(x, stride, center, part),
                     join_rows<kCount / 2>(x + kCount / 2 * stride, stride, center, part));
  }

  template <int kCount>
  static LAMINA_INLINE void columns(const ReduceBlock& block, const T* x, const T* center, T* y) {
    walk<T>(block.kept, [&](int64_t c, auto part) {
      const V from = center ? part.load(center + c) : V(T(0));
      const V rows = join_rows<kCount>(x + c, block.n_stride, from, part);
      part.store(y + c, F::join(part.load(y + c), rows));
    });
  }
};

template <class F, class T, class A>
struct FoldElements {
  static LAMINA_INLINE A row(const ReduceBlock& block, const T* x, A) {
    A acc = F::template identity<A>();
    for (int64_t o = 0; o < block.outer; ++o, x += block.outer_stride)
      for (int64_t i = 0; i < block.n; ++i) acc = F::join(acc, F::term(x[i], A(0)));
    return acc;
  }

  template <int kCount>
  static LAMINA_INLINE void columns(const ReduceBlock& block, const T* x, const A*, A* y) {
    for (int row = 0; row < kCount; ++row, x += block.n_stride)
      for (int64_t c = 0; c < block.kept; ++c) y[c] = F::join(y[c], F::term(x[c], A(0)));
  }
};

// Folds kCount rows at a time while that many are left; returns the row it came to.
template <int kCount, class Fold, class T, class A>
LAMINA_INLINE int64_t fold_rows(const ReduceBlock& block, int64_t row, const T* x, const A* center,
                                A* y) {
  for (; row + kCount <= block.n; row += kCount)
    Fold::template columns<kCount>(block, x + row * block.n_stride, center, y);
  return row;
}

template <class F, class Fold, class T, class A>
LAMINA_INLINE void fold_columns(const ReduceBlock& block, const T* x, const A* center, A* y) {
  for (int64_t c = 0; c < block.kept; ++c) y[c] = F::template identity<A>();
  const bool streamed = block.n_stride == block.kept && block.kept >= kStreamedRow;
  for (int64_t o = 0; o < block.outer; ++o, x += block.outer_stride) {
    int64_t row = 0;
    if (!streamed) {
      row = fold_rows<kRows, Fold>(block, row, x, center, y);
      row = fold_rows<kRows / 4, Fold>(block, row, x, center, y);
    }
    fold_rows<1, Fold>(block, row, x, center, y);
  }
}

template <class F, class Fold, class T, class A>
void fold(const ReduceBlock& block, const void* from, const void* centers, void* to) {
  auto* x = static_cast<const T*>(from);
  auto* center = static_cast<const A*>(centers);
  auto* y = static_cast<A*>(to);
  if (block.n_stride != 1)
    fold_columns<F, Fold>(block, x, center, y);
  else
    for (int64_t i = 0; i < block.kept; ++i, x += block.kept_stride)
      y[i] = Fold::row(block, x, center ? center[i] : A(0));
}

// The same for kernels of other families: one row of floats, and some columns of them.
template <class F, class T>
LAMINA_INLINE T fold_row(int64_t n, const T* x) {
  return FoldVectors<F, T>::row({1, 0, 1, 0, n, 1}, x, T(0));
}
template <class F, class T>
LAMINA_INLINE void fold_columns(int64_t kept, int64_t n, int64_t stride, const T* x, T* y) {
  const T* center = nullptr;
  fold_columns<F, FoldVectors<F, T>>({kept, 1, 1, 0, n, stride}, x, center, y);
}

}  // namespace lamina::LAMINA_ISA_NS

// The micro-kernel of matrix products: a tile of C held in registers. How tiles cover C is not
// here.
#pragma once

#include "kernels/isa/vec.h"

#if defined(__clang__)
#define LAMINA_UNROLL _Pragma("unroll")
#else
#define LAMINA_UNROLL _Pragma("GCC unroll 16")
#endif

namespace lamina::LAMINA_ISA_NS {

// Where the rows of B are: evenly apart here; convolutions bring a kind of their own. Rows that
// `are_new`, read by no tile before, are asked for well before their turn: the processor looks but
// a few rows ahead, and follows none that are far apart.
template <class T>
struct EvenRows {
  const T* first;
  int64_t stride;
  bool are_new;
  LAMINA_INLINE const T* operator[](int64_t p) const { return first + p * stride; }
  template <int V>
  LAMINA_INLINE void fetch(int64_t p) const {
    constexpr int64_t kDistance = V * Vec<T>::width >= 64 ? 24 : 48;
    constexpr int kLine = 64 / static_cast<int>(sizeof(T) * Vec<T>::width);
    if (!are_new) return;
    const T* row = first + (p + kDistance) * stride;
    LAMINA_UNROLL for (int v = 0; v < V; v += kLine) {
      __builtin_prefetch(row + v * Vec<T>::width, 0, 2);
    }
  }
};

// The tile's product: A's rows (R of them) times `columns` columns of B, written to `out`.
template <class T, class Rows>
struct TileProduct {
  int64_t k;
  const T* a;
  int64_t a_row, a_col;
  Rows b;
  int64_t columns;
  T* out;
  int64_t out_row;
};

// A masked load costs no more than a whole one, so whole tiles need no code of their own.
#if defined(LAMINA_ISA_AVX512)
constexpr bool kMasksAreFree = true;
#else
constexpr bool kMasksAreFree = false;
#endif

// The tiles there are: V up to kMaxVectors, R up to tile_rows(V), limited by the registers.
#if defined(LAMINA_ISA_AVX512) || defined(__aarch64__)
constexpr int kAccumulators = 24;
constexpr int kMaxVectors = 4;
#else
constexpr int kAccumulators = 12;
constexpr int kMaxVectors = 2;
#endif

// out = A B for R rows and V vectors of columns, the last of which is partial unless kWhole.
template <class T, int R, int V, bool kWhole, class Rows>
void multiply_tile(const TileProduct<T, Rows>& product) {
  using Vector = Vec<T>;
  constexpr int64_t kLast = (V - 1) * Vector::width;
  const TileProduct<T, Rows> t = product;
  const int64_t tail = t.columns - kLast;
  Vector sum[R][V];
  LAMINA_UNROLL for (int i = 0; i < R; ++i) {
    LAMINA_UNROLL for (int v = 0; v < V; ++v) sum[i][v] = Vector(T(0));
  }
  const T* a = t.a;
  for (int64_t p = 0; p < t.k; ++p, a += t.a_col) {
    const T* row = t.b[p];
    t.b.template fetch<V>(p);
    Vector b[V];
    LAMINA_UNROLL for (int v = 0; v < V - 1; ++v) b[v] = Vector::load(row + v * Vector::width);
    b[V - 1] = kWhole ? Vector::load(row + kLast) : Vector::load(row + kLast, tail);
    LAMINA_UNROLL for (int i = 0; i < R; ++i) {
      const Vector factor(a[i * t.a_row]);
      LAMINA_UNROLL for (int v = 0; v < V; ++v) sum[i][v] = fma(factor, b[v], sum[i][v]);
    }
  }
  LAMINA_UNROLL for (int i = 0; i < R; ++i) {
    T* out = t.out + i * t.out_row;
    LAMINA_UNROLL for (int v = 0; v < V - 1; ++v) sum[i][v].store(out + v * Vector::width);
    if constexpr (kWhole) {
      sum[i][V - 1].store(out + kLast);
    } else {
      sum[i][V - 1].store(out + kLast, tail);
    }
  }
}

constexpr int kMaxRows = 12;

constexpr int tile_rows(int vectors) {
  return kAccumulators / vectors < kMaxRows ? kAccumulators / vectors : kMaxRows;
}

// multiply_tile for each number of rows and vectors.
template <class T, class Rows>
struct TileTable {
  using Multiply = void (*)(const TileProduct<T, Rows>&);
  Multiply whole[kMaxVectors][kMaxRows]{};
  Multiply partial[kMaxVectors][kMaxRows]{};

  constexpr TileTable() { fill<1, 1>(); }

  void multiply(int64_t rows, const TileProduct<T, Rows>& product) const {
    const int64_t vectors = (product.columns + Vec<T>::width - 1) / Vec<T>::width;
    const bool is_whole = product.columns == vectors * Vec<T>::width;
    (is_whole ? whole : partial)[vectors - 1][rows - 1](product);
  }

 private:
  template <int R, int V>
  constexpr void fill() {
    partial[V - 1][R - 1] = &multiply_tile<T, R, V, false, Rows>;
    whole[V - 1][R - 1] = &multiply_tile<T, R, V, !kMasksAreFree, Rows>;
    if constexpr (R < tile_rows(V)) {
      fill<R + 1, V>();
    } else if constexpr (V < kMaxVectors) {
      fill<1, V + 1>();
    }
  }
};

}  // namespace lamina::LAMINA_ISA_NS

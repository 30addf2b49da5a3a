// Products whose left operand is read through offsets, in tiles held in registers; what is
// multiplied, and where results go in the end, is conv.cpp's.
#pragma once

#include "kernels/conv.h"
#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

template <class T, int R, int V>
void multiply_gathered(const GatheredProduct<T>& product, int64_t i) {
  using Vector = Vec<T>;
  constexpr int64_t kPanel = V * Vector::width;
  constexpr int64_t kAhead = 8 * kPanel;  // long panels stream from the second cache
  const T* a[R];
  LAMINA_UNROLL for (int r = 0; r < R; ++r) a[r] = product.a + product.rows[i + r];
  T* c = product.c + i * kPanel;
  Vector sum[R][V];
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    LAMINA_UNROLL for (int v = 0; v < V; ++v) {
      sum[r][v] = product.adds ? Vector::load(c + r * kPanel + v * Vector::width) : Vector(T(0));
    }
  }
  const int64_t* column = product.columns;
  const T* b = product.b;
  for (const T* end = b + product.k * kPanel; b != end; b += kPanel, ++column) {
    Vector row[V];
    LAMINA_UNROLL for (int v = 0; v < V; ++v) row[v] = Vector::load(b + v * Vector::width);
    LAMINA_UNROLL for (int v = 0; v < V; ++v) __builtin_prefetch(b + kAhead + v * Vector::width);
    const int64_t at = *column;
    LAMINA_UNROLL for (int r = 0; r < R; ++r) {
      const Vector factor(a[r][at]);
      LAMINA_UNROLL for (int v = 0; v < V; ++v) sum[r][v] = fma(factor, row[v], sum[r][v]);
    }
  }
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    LAMINA_UNROLL for (int v = 0; v < V; ++v) sum[r][v].store(c + r * kPanel + v * Vector::width);
  }
}

template <class T, int V, int R>
void choose_gathered(int64_t rows, const GatheredProduct<T>& product, int64_t i) {
  if constexpr (R > 1) {
    if (rows < R) return choose_gathered<T, V, R - 1>(rows, product, i);
  }
  multiply_gathered<T, R, V>(product, i);
}

// Tiles of nearly equal height: a low one would wait for its few sums.
template <class T, int V>
void multiply_gathered_panel(const GatheredProduct<T>& product) {
  constexpr int kRows = tile_rows(V);
  const int64_t tiles = (product.m + kRows - 1) / kRows;
  for (int64_t tile = 0, i = 0; tile < tiles; ++tile) {
    const int64_t rows = product.m / tiles + (tile < product.m % tiles ? 1 : 0);
    choose_gathered<T, V, kRows>(rows, product, i);
    i += rows;
  }
}

template <class T>
void gathered_product(const GatheredProduct<T>& product) {
  static_assert(kPanelVectors == 2);
  product.panel == Vec<T>::width ? multiply_gathered_panel<T, 1>(product)
                                 : multiply_gathered_panel<T, 2>(product);
}

}  // namespace lamina::LAMINA_ISA_NS

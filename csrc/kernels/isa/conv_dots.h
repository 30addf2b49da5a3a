// Sums over pixels for the gradients of few filters: the lanes are pixels, whose sums stay apart
// until all images are through.
#pragma once

#include "kernels/conv.h"
#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

// R summands from p on, F channels from c on.
template <class T, int R, int F>
void multiply_lanes(const ConvDots<T>& dots, int64_t p, int64_t c) {
  using Vector = Vec<T>;
  Vector sum[R][F];
  const T* image[R];
  T* sums = dots.sums + (p * dots.channels + c) * Vector::width;
  const int64_t row = dots.channels * Vector::width;
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    image[r] = dots.image + dots.summands[p + r];
    LAMINA_UNROLL for (int f = 0; f < F; ++f) {
      sum[r][f] = dots.adds ? Vector::load(sums + r * row + f * Vector::width) : Vector(T(0));
    }
  }
  for (int64_t i = 0; i < dots.pixels; i += dots.line) {
    const int64_t line = least(dots.line, dots.pixels - i);
    const T* grad = dots.grad + c * dots.grad_channel + i;
    const int64_t at = dots.image_pixels[i];
    const auto add = [&](int64_t x, auto load) __attribute__((always_inline)) {
      Vector grads[F];
      LAMINA_UNROLL for (int f = 0; f < F; ++f) grads[f] = load(grad + f * dots.grad_channel + x);
      LAMINA_UNROLL for (int r = 0; r < R; ++r) {
        const Vector pixels = load(image[r] + at + x);
        LAMINA_UNROLL for (int f = 0; f < F; ++f) sum[r][f] = fma(pixels, grads[f], sum[r][f]);
      }
    };
    int64_t x = 0;
    // Free masks are better for whole vectors too: GCC repeats a plain load in every fma.
    for (; !kMasksAreFree && x + Vector::width <= line; x += Vector::width) {
      add(x, [](const T* from) { return Vector::load(from); });
    }
    for (; x < line; x += Vector::width) {
      const int64_t n = least(Vector::width, line - x);
      add(x, [n](const T* from) { return Vector::load(from, n); });
    }
  }
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    LAMINA_UNROLL for (int f = 0; f < F; ++f) sum[r][f].store(sums + r * row + f * Vector::width);
  }
}

template <class T, int R, int F>
LAMINA_INLINE void choose_lanes(int64_t rows, const ConvDots<T>& dots, int64_t p, int64_t c) {
  if constexpr (R > 1) {
    if (rows < R) return choose_lanes<T, R - 1, F>(rows, dots, p, c);
  }
  multiply_lanes<T, R, F>(dots, p, c);
}

// F channels, in tiles of summands of nearly equal height.
template <class T, int F>
LAMINA_INLINE void sum_channels(const ConvDots<T>& dots, int64_t c) {
  constexpr int kRows = tile_rows(F);
  const int64_t tiles = (dots.depth + kRows - 1) / kRows;
  for (int64_t tile = 0, p = 0; tile < tiles; ++tile) {
    const int64_t rows = dots.depth / tiles + (tile < dots.depth % tiles ? 1 : 0);
    choose_lanes<T, kRows, F>(rows, dots, p, c);
    p += rows;
  }
}

template <class T>
void conv_dots(const ConvDots<T>& dots) {
  int64_t c = 0;
  for (; c + 3 <= dots.channels; c += 3) sum_channels<T, 3>(dots, c);
  if (dots.channels - c == 2) sum_channels<T, 2>(dots, c);
  if (dots.channels - c == 1) sum_channels<T, 1>(dots, c);
}

// In place: sums[i] = the sum of the lanes of vector i, for i < n.
template <class T>
void conv_sum_lanes(int64_t n, T* sums) {
  for (int64_t i = 0; i < n; ++i) sums[i] = hsum(Vec<T>::load(sums + i * Vec<T>::width));
}

}  // namespace lamina::LAMINA_ISA_NS

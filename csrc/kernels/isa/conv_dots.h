// Sums over pixels for the gradients of few filters: the lanes are pixels, summed up at the end.
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
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    image[r] = dots.image + dots.summands[p + r];
    LAMINA_UNROLL for (int f = 0; f < F; ++f) sum[r][f] = Vector(T(0));
  }
  for (int64_t i = 0; i < dots.pixels; i += dots.line) {
    const int64_t line = least(dots.line, dots.pixels - i), at = dots.image_pixels[i];
    const T* grad = dots.grad + c * dots.grad_channel + i;
    for (int64_t x = 0; x < line; x += Vector::width) {
      const int64_t n = least(Vector::width, line - x);
      Vector grads[F];
      LAMINA_UNROLL for (int f = 0; f < F; ++f) {
        grads[f] = Vector::load(grad + f * dots.grad_channel + x, n);
      }
      LAMINA_UNROLL for (int r = 0; r < R; ++r) {
        const Vector pixels = Vector::load(image[r] + at + x, n);
        LAMINA_UNROLL for (int f = 0; f < F; ++f) sum[r][f] = fma(pixels, grads[f], sum[r][f]);
      }
    }
  }
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    LAMINA_UNROLL for (int f = 0; f < F; ++f) {
      T& to = dots.sums[(p + r) * dots.channels + c + f];
      to = (dots.adds ? to : T(0)) + hsum(sum[r][f]);
    }
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

}  // namespace lamina::LAMINA_ISA_NS

// The kernels of Winograd's convolution: rows of tiles to planes and back, filters to planes and
// back. The lanes are channels. The products between are matrix products of the driver's.
#pragma once

#include "kernels/isa/conv_winograd_tile.h"
#include "kernels/isa/gemm_finish.h"

namespace lamina::LAMINA_ISA_NS {

// Tiles of N x N pixels to R x R numbers.
template <class Map, int N, int R, class T>
LAMINA_INLINE void spread_tiles(const WinogradRow<T>& row) {
  for (int64_t tile = 0; tile < row.tiles; ++tile) {
    const T* columns[N];
    LAMINA_UNROLL for (int j = 0; j < N; ++j) {
      const int64_t x = row.first + (R - 2) * tile + j;
      columns[j] = x >= 0 && x < row.width ? row.pixels + x * row.pixel : row.zeros;
    }
    for (int64_t c = 0; c < row.channels; c += Vec<T>::width) {
      Vec<T> pixels[N][N], square[R][R];
      LAMINA_UNROLL for (int j = 0; j < N; ++j) {
        LAMINA_UNROLL for (int i = 0; i < N; ++i) {
          pixels[j][i] = Vec<T>::load(columns[j] + i * row.line + c);
        }
      }
      transform_square<Map>(pixels, square);
      T* to = row.planes + tile * row.plane_step + c;
      split_planes<Map>(square, [&](int i, Vec<T> value) { value.store(to + i * row.plane); });
    }
  }
}

template <class T>
LAMINA_INLINE bool is_large(int64_t tile) {
  return sizeof(T) == kLargeTileItem && tile == 4;
}

template <class T>
void winograd_input(const WinogradRow<T>& row) {
  is_large<T>(row.tile) ? spread_tiles<WinogradInput, 6, 6>(row)
                        : spread_tiles<WinogradInput, 4, 4>(row);
}

template <class T>
void winograd_grad(const WinogradRow<T>& row) {
  is_large<T>(row.tile) ? spread_tiles<WinogradGrad, 4, 6>(row)
                        : spread_tiles<WinogradGrad, 2, 4>(row);
}

// From right to left, so that what lies beyond the end of a line is overwritten by the next line's
// beginning.
template <int N, class T>
LAMINA_INLINE void gather_tiles(const WinogradRow<T>& row) {
  for (int64_t tile = row.tiles - 1; tile >= 0; --tile) {
    for (int64_t c = 0; c < row.channels; c += Vec<T>::width) {
      Vec<T> square[N + 2][N + 2], pixels[N][N];
      const T* from = row.planes + tile * row.plane_step + c;
      join_planes<WinogradOutput>(square,
                                  [&](int i) { return Vec<T>::load(from + i * row.plane); });
      transform_square<WinogradOutput>(square, pixels);
      const Vec<T> bias = row.bias != nullptr
                              ? Vec<T>::load(row.bias + c, least(Vec<T>::width, row.channels - c))
                              : Vec<T>(T(0));
      LAMINA_UNROLL for (int i = 0; i < N; ++i) {
        T* to = row.pixels + i * row.line + N * tile * row.pixel + c;
        LAMINA_UNROLL for (int j = 0; j < N; ++j)(pixels[i][j] + bias).store(to + j * row.pixel);
      }
    }
  }
}

template <class T>
void winograd_output(const WinogradRow<T>& row) {
  is_large<T>(row.tile) ? gather_tiles<4>(row) : gather_tiles<2>(row);
}

template <int R, class T>
LAMINA_INLINE void spread_filters(const WinogradFilters<T>& f) {
  const int64_t step = f.flipped ? -f.panel : f.panel;
  for (int64_t at = 0; at < f.depth * f.panel; at += Vec<T>::width) {
    const T* from =
        f.taps + at / f.panel * 9 * f.panel + at % f.panel + (f.flipped ? 8 * f.panel : 0);
    Vec<T> taps[3][3], square[R][R];
    LAMINA_UNROLL for (int i = 0; i < 9; ++i) taps[i % 3][i / 3] = Vec<T>::load(from + i * step);
    transform_square<WinogradFilter>(taps, square);
    halve_corner(square);
    T* to = f.planes + at;
    split_planes<WinogradFilter>(square,
                                 [&](int i, Vec<T> value) { value.store(to + i * f.plane); });
  }
}

template <class T>
void winograd_filters(const WinogradFilters<T>& f) {
  is_large<T>(f.tile) ? spread_filters<6>(f) : spread_filters<4>(f);
}

template <int R, class T>
LAMINA_INLINE void gather_filters(const WinogradFilters<T>& f) {
  for (int64_t at = 0; at < f.depth * f.panel; at += Vec<T>::width) {
    Vec<T> square[R][R], taps[3][3];
    T* planes = f.planes + at;
    for (int64_t i = 0; i < winograd_planes(R - 2); ++i) {
      T* plane = planes + i * f.plane;
      Vec<T> sum = Vec<T>::load(plane);
      for (int64_t piece = 1; piece < f.pieces; ++piece) {
        sum += Vec<T>::load(plane + piece * f.piece);
      }
      sum.store(plane);
    }
    join_planes<WinogradFilterGrad>(square,
                                    [&](int i) { return Vec<T>::load(planes + i * f.plane); });
    halve_corner(square);
    transform_square<WinogradFilterGrad>(square, taps);
    T* to = f.taps + at / f.panel * 9 * f.panel + at % f.panel;
    LAMINA_UNROLL for (int i = 0; i < 9; ++i) taps[i / 3][i % 3].store(to + i * f.panel);
  }
}

template <class T>
void winograd_filters_grad(const WinogradFilters<T>& f) {
  is_large<T>(f.tile) ? gather_filters<6>(f) : gather_filters<4>(f);
}

}  // namespace lamina::LAMINA_ISA_NS

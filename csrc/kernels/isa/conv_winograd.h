// The transforms of Winograd's convolution F(2x2, 3x3): y = A^T [(G w G^T) * (B^T x B)] A. The
// lanes are channels. The products between the transforms are matrix products of the driver's.
#pragma once

#include "kernels/conv.h"
#include "kernels/isa/gemm_finish.h"

namespace lamina::LAMINA_ISA_NS {

// The four transforms of a column; those of rows are the same. They add, and halve at most, so
// that small integers stay exact.
template <class V>
LAMINA_INLINE void transform_input(const V (&x)[4], V (&to)[4]) {
  to[0] = x[0] - x[2];
  to[1] = x[1] + x[2];
  to[2] = x[2] - x[1];
  to[3] = x[1] - x[3];
}
template <class V>
LAMINA_INLINE void transform_grad(const V (&g)[2], V (&to)[4]) {
  to[0] = g[0];
  to[1] = g[0] + g[1];
  to[2] = g[0] - g[1];
  to[3] = -g[1];
}
template <class V>
LAMINA_INLINE void transform_output(const V (&m)[4], V (&to)[2]) {
  to[0] = m[0] + m[1] + m[2];
  to[1] = m[1] - m[2] - m[3];
}
template <class V>
LAMINA_INLINE void transform_filter(const V (&w)[3], V (&to)[4]) {
  const V half(LaneOf<V>(0.5)), outer = half * (w[0] + w[2]), middle = half * w[1];
  to[0] = w[0];
  to[1] = outer + middle;
  to[2] = outer - middle;
  to[3] = w[2];
}
template <class V>
LAMINA_INLINE void transform_filter_grad(const V (&m)[4], V (&to)[3]) {
  const V half(LaneOf<V>(0.5)), sum = half * (m[1] + m[2]);
  to[0] = m[0] + sum;
  to[1] = half * (m[1] - m[2]);
  to[2] = sum + m[3];
}

// Both of a two-dimensional transform: `from` has F columns of F, the result R rows of R.
template <class T, int F, int R, class Transform>
LAMINA_INLINE void transform_square(const Vec<T> (&from)[F][F], Vec<T> (&to)[R][R],
                                    Transform transform) {
  Vec<T> half[F][R];
  LAMINA_UNROLL for (int i = 0; i < F; ++i) transform(from[i], half[i]);
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    Vec<T> across[F];
    LAMINA_UNROLL for (int i = 0; i < F; ++i) across[i] = half[i][r];
    transform(across, to[r]);
  }
}

// The pixels of a column, zeros outside.
template <class T, int N>
LAMINA_INLINE void load_column(const WinogradRow<T>& row, int64_t x, int64_t c, int64_t n,
                               Vec<T> (&column)[N]) {
  const bool inside = x >= 0 && x < row.width;
  LAMINA_UNROLL for (int i = 0; i < N; ++i) {
    column[i] = inside && row.lines[i] != nullptr
                    ? Vec<T>::load(row.lines[i] + x * row.line_step + c, n)
                    : Vec<T>(T(0));
  }
}

template <class T, int N, class Transform>
LAMINA_INLINE void transform_tiles(const WinogradRow<T>& row, Transform transform) {
  for (int64_t c = 0; c < row.channels; c += Vec<T>::width) {
    const int64_t n = least(Vec<T>::width, row.channels - c);
    for (int64_t tile = 0; tile < row.tiles; ++tile) {
      Vec<T> columns[N][N], planes[4][4];
      LAMINA_UNROLL for (int j = 0; j < N; ++j) {
        load_column(row, row.first + 2 * tile + j, c, n, columns[j]);
      }
      transform_square(columns, planes, transform);
      T* to = row.planes + tile * row.plane_step + c;
      LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
        LAMINA_UNROLL for (int j = 0; j < 4; ++j) {
          planes[i][j].store(to + (4 * i + j) * row.plane, n);
        }
      }
    }
  }
}

template <class T>
void winograd_input(const WinogradRow<T>& row) {
  transform_tiles<T, 4>(row, [](const Vec<T>(&x)[4], Vec<T>(&to)[4]) { transform_input(x, to); });
}

template <class T>
void winograd_grad(const WinogradRow<T>& row) {
  transform_tiles<T, 2>(row, [](const Vec<T>(&g)[2], Vec<T>(&to)[4]) { transform_grad(g, to); });
}

template <class T>
void winograd_output(const WinogradRow<T>& row) {
  for (int64_t c = 0; c < row.channels; c += Vec<T>::width) {
    const int64_t n = least(Vec<T>::width, row.channels - c);
    const Vec<T> bias = row.bias != nullptr ? Vec<T>::load(row.bias + c, n) : Vec<T>(T(0));
    for (int64_t tile = 0; tile < row.tiles; ++tile) {
      Vec<T> planes[4][4], pixels[2][2];
      const T* from = row.planes + tile * row.plane_step + c;
      LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
        LAMINA_UNROLL for (int j = 0; j < 4; ++j) {
          planes[j][i] = Vec<T>::load(from + (4 * i + j) * row.plane);
        }
      }
      transform_square(planes, pixels,
                       [](const Vec<T>(&m)[4], Vec<T>(&to)[2]) { transform_output(m, to); });
      LAMINA_UNROLL for (int i = 0; i < 2; ++i) {
        LAMINA_UNROLL for (int j = 0; j < 2; ++j) {
          const int64_t x = 2 * tile + j;
          if (row.lines[i] != nullptr && x < row.width) {
            (pixels[i][j] + bias).store(row.lines[i] + x * row.line_step + c);
          }
        }
      }
    }
  }
}

template <class T>
void winograd_filters(const WinogradFilters<T>& f) {
  for (int64_t at = 0; at < f.depth * f.panel; at += Vec<T>::width) {
    const T* from = f.taps + at / f.panel * 9 * f.panel + at % f.panel;
    Vec<T> taps[3][3], planes[4][4];
    LAMINA_UNROLL for (int i = 0; i < 3; ++i) {
      LAMINA_UNROLL for (int j = 0; j < 3; ++j) {
        const int tap = 3 * i + j;
        taps[j][i] = Vec<T>::load(from + (f.flipped ? 8 - tap : tap) * f.panel);
      }
    }
    transform_square(taps, planes,
                     [](const Vec<T>(&w)[3], Vec<T>(&to)[4]) { transform_filter(w, to); });
    LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
      LAMINA_UNROLL for (int j = 0; j < 4; ++j) {
        planes[i][j].store(f.planes + (4 * i + j) * f.plane + at);
      }
    }
  }
}

template <class T>
void winograd_filters_grad(const WinogradFilters<T>& f) {
  for (int64_t at = 0; at < f.depth * f.panel; at += Vec<T>::width) {
    Vec<T> planes[4][4], taps[3][3];
    LAMINA_UNROLL for (int i = 0; i < 4; ++i) {
      LAMINA_UNROLL for (int j = 0; j < 4; ++j) {
        planes[j][i] = Vec<T>::load(f.planes + (4 * i + j) * f.plane + at);
      }
    }
    transform_square(planes, taps,
                     [](const Vec<T>(&m)[4], Vec<T>(&to)[3]) { transform_filter_grad(m, to); });
    T* to = f.taps + at / f.panel * 9 * f.panel + at % f.panel;
    LAMINA_UNROLL for (int i = 0; i < 3; ++i) {
      LAMINA_UNROLL for (int j = 0; j < 3; ++j) taps[i][j].store(to + (3 * i + j) * f.panel);
    }
  }
}

}  // namespace lamina::LAMINA_ISA_NS

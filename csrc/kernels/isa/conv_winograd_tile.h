// What Winograd's convolution does to a tile: y = A^T [(G w G^T) * (B^T x B)] A, as its five linear
// maps, each for tiles of 2x2 and of 4x4 results. Where tiles are read and written is
// conv_winograd.h's.
//
// Polynomials are multiplied by their values at points: 0, 1, -1 and infinity, and for the larger
// tiles i and -i as well. Of these pairs of conjugates one is kept, as a real and an imaginary part
// after the four others. So all factors are powers of 2, and small integers stay exact.
#pragma once

#include "kernels/conv.h"
#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

// A map is linear from a line of numbers to the next; a second pass treats the other dimension. A
// product of complex numbers takes three of real ones: (a + bi)(c + di) has the real part
// (a + b) c - b (c + d) and the imaginary part (a + b) c + a (d - c). Hence split() and join().
struct WinogradInput {
  template <class V>
  static LAMINA_INLINE void transform(const V (&x)[4], V (&to)[4]) {
    to[0] = x[0] - x[2];
    to[1] = x[1] + x[2];
    to[2] = x[2] - x[1];
    to[3] = x[1] - x[3];
  }
  template <class V>
  static LAMINA_INLINE void transform(const V (&x)[6], V (&to)[6]) {
    const V even = x[2] + x[4], odd = x[1] + x[3];
    to[0] = x[0] - x[4];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = x[5] - x[1];
    to[4] = x[4] - x[2];
    to[5] = x[3] - x[1];
  }
  template <class V>
  static LAMINA_INLINE void split(V re, V im, V (&to)[3]) {
    to[0] = re;
    to[1] = im;
    to[2] = re + im;
  }
};

struct WinogradFilter {
  template <class V>
  static LAMINA_INLINE void transform(const V (&w)[3], V (&to)[4]) {
    const V half(LaneOf<V>(0.5)), outer = half * (w[0] + w[2]), middle = half * w[1];
    to[0] = w[0];
    to[1] = outer + middle;
    to[2] = outer - middle;
    to[3] = w[2];
  }
  template <class V>
  static LAMINA_INLINE void transform(const V (&w)[3], V (&to)[6]) {
    const V half(LaneOf<V>(0.5)), quarter(LaneOf<V>(0.25));
    const V outer = quarter * (w[0] + w[2]), middle = quarter * w[1];
    to[0] = w[0];
    to[1] = outer + middle;
    to[2] = outer - middle;
    to[3] = w[2];
    to[4] = half * (w[0] - w[2]);
    to[5] = half * w[1];
  }
  template <class V>
  static LAMINA_INLINE void split(V re, V im, V (&to)[3]) {
    to[0] = im - re;
    to[1] = re + im;
    to[2] = re;
  }
};

struct WinogradOutput {
  template <class V>
  static LAMINA_INLINE void transform(const V (&m)[4], V (&to)[2]) {
    to[0] = m[0] + m[1] + m[2];
    to[1] = m[1] - m[2] - m[3];
  }
  template <class V>
  static LAMINA_INLINE void transform(const V (&m)[6], V (&to)[4]) {
    const V sum = m[1] + m[2], difference = m[1] - m[2];
    to[0] = m[0] + sum + m[4];
    to[1] = difference - m[5];
    to[2] = sum - m[4];
    to[3] = difference + m[5] + m[3];
  }
  template <class V>
  static LAMINA_INLINE void join(const V (&from)[3], V& re, V& im) {
    re = from[2] - from[1];
    im = from[2] + from[0];
  }
};

// The transpose of WinogradOutput.
struct WinogradGrad {
  template <class V>
  static LAMINA_INLINE void transform(const V (&g)[2], V (&to)[4]) {
    to[0] = g[0];
    to[1] = g[0] + g[1];
    to[2] = g[0] - g[1];
    to[3] = -g[1];
  }
  template <class V>
  static LAMINA_INLINE void transform(const V (&g)[4], V (&to)[6]) {
    const V even = g[0] + g[2], odd = g[1] + g[3];
    to[0] = g[0];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = g[3];
    to[4] = g[0] - g[2];
    to[5] = g[3] - g[1];
  }
  template <class V>
  static LAMINA_INLINE void split(V re, V im, V (&to)[3]) {
    to[0] = im;
    to[1] = -re;
    to[2] = re + im;
  }
};

// The transpose of WinogradFilter.
struct WinogradFilterGrad {
  template <class V>
  static LAMINA_INLINE void transform(const V (&m)[4], V (&to)[3]) {
    const V half(LaneOf<V>(0.5)), sum = half * (m[1] + m[2]);
    to[0] = m[0] + sum;
    to[1] = half * (m[1] - m[2]);
    to[2] = sum + m[3];
  }
  template <class V>
  static LAMINA_INLINE void transform(const V (&m)[6], V (&to)[3]) {
    const V half(LaneOf<V>(0.5)), quarter(LaneOf<V>(0.25));
    const V sum = quarter * (m[1] + m[2]), real = half * m[4];
    to[0] = m[0] + sum + real;
    to[1] = quarter * (m[1] - m[2]) + half * m[5];
    to[2] = sum - real + m[3];
  }
  template <class V>
  static LAMINA_INLINE void join(const V (&from)[3], V& re, V& im) {
    re = from[2] + from[1] - from[0];
    im = from[0] + from[1];
  }
};

// Both passes: `from` has F columns of F, the result R rows of R.
template <class Map, class V, int F, int R>
LAMINA_INLINE void transform_square(const V (&from)[F][F], V (&to)[R][R]) {
  V half[F][R];
  LAMINA_UNROLL for (int i = 0; i < F; ++i) Map::transform(from[i], half[i]);
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    V across[F];
    LAMINA_UNROLL for (int i = 0; i < F; ++i) across[i] = half[i][r];
    Map::transform(across, to[r]);
  }
}

// Calls store(plane, numbers) for each plane of a square. With parts of complex numbers in both
// dimensions, (i, i) and (i, -i) are the two points that are not conjugates of others.
template <class Map, class V, class Store>
LAMINA_INLINE void split_planes(const V (&s)[4][4], Store store) {
  LAMINA_UNROLL for (int i = 0; i < 16; ++i) store(i, s[i / 4][i % 4]);
}
template <class Map, class V, class Store>
LAMINA_INLINE void split_planes(const V (&s)[6][6], Store store) {
  auto store_complex = [&](int number, V re, V im) {
    V parts[3];
    Map::split(re, im, parts);
    LAMINA_UNROLL for (int i = 0; i < 3; ++i) store(16 + 3 * number + i, parts[i]);
  };
  LAMINA_UNROLL for (int i = 0; i < 16; ++i) store(i, s[i / 4][i % 4]);
  LAMINA_UNROLL for (int i = 0; i < 4; ++i) store_complex(i, s[i][4], s[i][5]);
  LAMINA_UNROLL for (int i = 0; i < 4; ++i) store_complex(4 + i, s[4][i], s[5][i]);
  store_complex(8, s[4][4] - s[5][5], s[4][5] + s[5][4]);
  store_complex(9, s[4][4] + s[5][5], s[5][4] - s[4][5]);
}

// The transpose: the columns of a square from load(plane).
template <class Map, class V, class Load>
LAMINA_INLINE void join_planes(V (&s)[4][4], Load load) {
  LAMINA_UNROLL for (int i = 0; i < 16; ++i) s[i % 4][i / 4] = load(i);
}
template <class Map, class V, class Load>
LAMINA_INLINE void join_planes(V (&s)[6][6], Load load) {
  auto load_complex = [&](int number, V& re, V& im) {
    V parts[3];
    LAMINA_UNROLL for (int i = 0; i < 3; ++i) parts[i] = load(16 + 3 * number + i);
    Map::join(parts, re, im);
  };
  LAMINA_UNROLL for (int i = 0; i < 16; ++i) s[i % 4][i / 4] = load(i);
  LAMINA_UNROLL for (int i = 0; i < 4; ++i) load_complex(i, s[4][i], s[5][i]);
  LAMINA_UNROLL for (int i = 0; i < 4; ++i) load_complex(4 + i, s[i][4], s[i][5]);
  V re, im, other_re, other_im;
  load_complex(8, re, im);
  load_complex(9, other_re, other_im);
  s[4][4] = re + other_re;
  s[5][5] = other_re - re;
  s[5][4] = im - other_im;
  s[4][5] = im + other_im;
}

// A filter's share of the mean of those two points.
template <class V>
LAMINA_INLINE void halve_corner(V (&)[4][4]) {}
template <class V>
LAMINA_INLINE void halve_corner(V (&s)[6][6]) {
  const V half(LaneOf<V>(0.5));
  LAMINA_UNROLL for (int i = 0; i < 4; ++i) s[4 + i / 2][4 + i % 2] *= half;
}

}  // namespace lamina::LAMINA_ISA_NS

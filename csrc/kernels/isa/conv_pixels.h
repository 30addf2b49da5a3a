// Convolution with pixels of a line as the lanes of vectors. Where masks cost, a line's last vector
// ends where the line does and overlaps the one before: only lines below a width are partial.
#pragma once

#include "kernels/conv.h"
#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/gemm_tile.h"

namespace lamina::LAMINA_ISA_NS {

// Of a line: vectors a width apart from `first` on, but the last at `first + last`, with `lanes`.
struct LinePart {
  int64_t first, vectors, last, lanes;
};

// The part that begins at x, of those nearly equal ones with at most `most` vectors.
template <class T>
LAMINA_INLINE LinePart line_part(int64_t line, int64_t most, int64_t x) {
  constexpr int64_t kWidth = Vec<T>::width;
  if (line < kWidth) return {0, 1, 0, line};
  const int64_t left = (line - x + kWidth - 1) / kWidth, parts = (left + most - 1) / most;
  const int64_t vectors = (left + parts - 1) / parts;
  const int64_t end = least(x + vectors * kWidth, line);
  if (kMasksAreFree) return {x, vectors, (vectors - 1) * kWidth, end - x - (vectors - 1) * kWidth};
  const int64_t first = vectors == 1 ? end - kWidth : x;
  return {first, vectors, end - kWidth - first, kWidth};
}

// Channels of one part of a line.
template <class T>
struct PixelTile {
  const ConvBlock<T>* block;
  LinePart part;
  const T* image;
  const T* weights;
  const T* bias;
  T* out;
  int64_t out_channel;
  bool padded;  // there is room for whole vectors in `out`
};

template <class T, int R, int V, bool kWhole>
void multiply_pixels(const PixelTile<T>& tile) {
  using Vector = Vec<T>;
  const ConvBlock<T> block = *tile.block;
  const int64_t last = tile.part.last, lanes = tile.part.lanes;
  const bool whole = kWhole || tile.padded;
  Vector sum[R][V];
  LAMINA_UNROLL for (int c = 0; c < R; ++c) {
    LAMINA_UNROLL for (int v = 0; v < V; ++v) sum[c][v] = Vector(tile.bias[c]);
  }
  for (int64_t run = 0; run < block.runs; ++run) {
    const T* image = tile.image + run * block.image_run;
    const T* weights = tile.weights + run * block.weights_run;
    for (int64_t p = 0; p < block.depth; ++p, weights += block.panel) {
      const T* from = image + block.summands[p];
      Vector pixels[V];
      LAMINA_UNROLL for (int v = 0; v < V - 1; ++v) {
        pixels[v] = Vector::load(from + v * Vector::width);
      }
      pixels[V - 1] = kWhole ? Vector::load(from + last) : Vector::load(from + last, lanes);
      LAMINA_UNROLL for (int c = 0; c < R; ++c) {
        const Vector factor(weights[c]);
        LAMINA_UNROLL for (int v = 0; v < V; ++v) sum[c][v] = fma(factor, pixels[v], sum[c][v]);
      }
    }
  }
  LAMINA_UNROLL for (int c = 0; c < R; ++c) {
    T* out = tile.out + c * tile.out_channel;
    LAMINA_UNROLL for (int v = 0; v < V - 1; ++v) sum[c][v].store(out + v * Vector::width);
    whole ? sum[c][V - 1].store(out + last) : sum[c][V - 1].store(out + last, lanes);
  }
}

// multiply_pixels for each number of channels and vectors.
template <class T>
struct PixelTiles {
  using Multiply = void (*)(const PixelTile<T>&);
  Multiply whole[kMaxVectors][kMaxRows]{};
  Multiply partial[kMaxRows]{};

  constexpr PixelTiles() { fill<1, 1>(); }

 private:
  template <int R, int V>
  constexpr void fill() {
    whole[V - 1][R - 1] = &multiply_pixels<T, R, V, !kMasksAreFree>;
    if constexpr (V == 1) partial[R - 1] = &multiply_pixels<T, R, 1, false>;
    if constexpr (R < tile_rows(V)) {
      fill<R + 1, V>();
    } else if constexpr (V < kMaxVectors) {
      fill<1, V + 1>();
    }
  }
};

template <class T>
constexpr PixelTiles<T> kPixelTiles;

constexpr int64_t kNoBias = 16;
static_assert(kMaxRows <= kNoBias);
template <class T>
constexpr T kZeros[kNoBias] = {};

// to[j * step] = sums[j] in each row. A tile leaves whole vectors there: what a partial store has
// written could not be read before it reached the cache. Unrolled, or GCC would scatter.
template <class T>
__attribute__((noinline)) void spread(const T* sums, int64_t sums_row, int64_t rows,
                                      int64_t columns, T* to, int64_t to_row, int64_t step) {
  constexpr int kUnroll = 4;
  for (int64_t row = 0; row < rows; ++row, sums += sums_row, to += to_row) {
    T* out = to;
    int64_t j = 0;
    for (; j + kUnroll <= columns; j += kUnroll, out += kUnroll * step) {
      LAMINA_UNROLL for (int i = 0; i < kUnroll; ++i) out[i * step] = sums[j + i];
    }
    for (; j < columns; ++j, out += step) *out = sums[j];
  }
}

// All channels of a part of a line.
template <class T>
LAMINA_INLINE void convolve_part(const ConvBlock<T>& block, const LinePart& part, const T* image,
                                 T* out) {
  constexpr int64_t kRow = kMaxVectors * Vec<T>::width;
  alignas(64) T sums[kMaxRows * kRow];
  const bool whole = kMasksAreFree || part.lanes == Vec<T>::width;
  const bool adjacent = block.out_step == 1;
  const int64_t most = tile_rows(static_cast<int>(part.vectors));
  const int64_t tiles = (block.channels + most - 1) / most;
  for (int64_t tile = 0, c = 0; tile < tiles; ++tile) {
    const int64_t rows = block.channels / tiles + (tile < block.channels % tiles ? 1 : 0);
    T* to = out + c * block.out_channel;
    const auto* table = whole ? kPixelTiles<T>.whole[part.vectors - 1] : kPixelTiles<T>.partial;
    table[rows - 1]({&block, part, image, block.weights + c,
                     block.bias != nullptr ? block.bias + c : kZeros<T>, adjacent ? to : sums,
                     adjacent ? block.out_channel : kRow, !adjacent});
    if (!adjacent) {
      spread(sums, kRow, rows, part.last + part.lanes, to, block.out_channel, block.out_step);
    }
    c += rows;
  }
}

template <class T>
LAMINA_INLINE T* place_of(const ConvBlock<T>& block, int64_t i) {
  return block.out + (block.out_pixels != nullptr ? block.out_pixels[i] : i);
}

// A part of L lines at once, of one channel: a line alone would wait for its few sums.
template <class T, int L, int V, bool kWhole>
LAMINA_INLINE void multiply_lines(const ConvBlock<T>& block, int64_t i, const LinePart& part) {
  using Vector = Vec<T>;
  const int64_t last = part.last, lanes = kWhole ? Vector::width : part.lanes;
  const T* image[L];
  Vector sum[L][V];
  LAMINA_UNROLL for (int l = 0; l < L; ++l) {
    image[l] = block.image + block.image_pixels[i + l * block.line] + part.first;
    LAMINA_UNROLL for (int v = 0; v < V; ++v) {
      sum[l][v] = Vector(block.bias != nullptr ? *block.bias : T(0));
    }
  }
  for (int64_t p = 0; p < block.depth; ++p) {
    const Vector factor(block.weights[p]);
    const int64_t at = block.summands[p];
    LAMINA_UNROLL for (int l = 0; l < L; ++l) {
      LAMINA_UNROLL for (int v = 0; v < V - 1; ++v) {
        sum[l][v] = fma(factor, Vector::load(image[l] + at + v * Vector::width), sum[l][v]);
      }
      const T* from = image[l] + at + last;
      const Vector pixels = kWhole ? Vector::load(from) : Vector::load(from, lanes);
      sum[l][V - 1] = fma(factor, pixels, sum[l][V - 1]);
    }
  }
  LAMINA_UNROLL for (int l = 0; l < L; ++l) {
    T* out = place_of(block, i + l * block.line) + part.first * block.out_step;
    LAMINA_UNROLL for (int v = 0; v < V; ++v) {
      T* to = out + (v < V - 1 ? v * Vector::width : last) * block.out_step;
      if ((v < V - 1 || kWhole) && block.out_step == 1) {
        sum[l][v].store(to);
      } else {
        store_strided(sum[l][v], to, block.out_step, v < V - 1 ? Vector::width : lanes);
      }
    }
  }
}

template <class T, int V, bool kWhole>
void convolve_lines(const ConvBlock<T>& block, const LinePart& part) {
  constexpr int kLines = V == 1 ? 8 : 4;
  int64_t i = 0;
  for (; i + kLines * block.line <= block.pixels; i += kLines * block.line) {
    multiply_lines<T, kLines, V, kWhole>(block, i, part);
  }
  for (; i < block.pixels; i += block.line) multiply_lines<T, 1, V, kWhole>(block, i, part);
}

// A single channel; lines are whole.
template <class T>
void convolve_single(const ConvBlock<T>& block) {
  for (int64_t x = 0; x < block.line;) {
    const LinePart part = line_part<T>(block.line, 2, x);
    if (part.vectors == 2) {
      convolve_lines<T, 2, !kMasksAreFree>(block, part);
    } else if (part.lanes == Vec<T>::width) {
      convolve_lines<T, 1, !kMasksAreFree>(block, part);
    } else {
      convolve_lines<T, 1, false>(block, part);
    }
    x = part.first + part.last + part.lanes;
  }
}

template <class T>
void conv_pixels(const ConvBlock<T>& block) {
  if (block.channels == 1 && block.runs == 1 && block.pixels % block.line == 0) {
    return convolve_single(block);
  }
  for (int64_t i = 0; i < block.pixels; i += block.line) {
    const int64_t line = least(block.line, block.pixels - i);
    const T* image = block.image + block.image_pixels[i];
    for (int64_t x = 0; x < line;) {
      const LinePart part = line_part<T>(line, kMaxVectors, x);
      convolve_part(block, part, image + part.first,
                    place_of(block, i) + part.first * block.out_step);
      x = part.first + part.last + part.lanes;
    }
  }
}

}  // namespace lamina::LAMINA_ISA_NS

// Convolution with channels as the lanes of vectors: products whose sums are turned on their way
// out.
#pragma once

#include "kernels/isa/conv_gather.h"
#include "kernels/isa/gemm_finish.h"
#include "kernels/isa/transpose.h"

namespace lamina::LAMINA_ISA_NS {

constexpr int64_t kChunk = 4 * kMaxRows;  // pixels whose sums wait to be transposed

// Writes the sums of `n` pixels from i on, at most a vector's width, for channels [c, c + width).
template <class T>
LAMINA_INLINE void store_transposed(const ConvBlock<T>& block, int64_t i, int64_t n, int64_t c,
                                    const T* sums) {
  constexpr int kWidth = Vec<T>::width;
  Vec<T> square[kWidth];
  LAMINA_UNROLL for (int r = 0; r < kWidth; ++r) {
    if (r < n) square[r] = Vec<T>::load(sums + r * block.panel + c);
  }
  transpose<T>(square);
  T* out = block.out + c * block.out_channel;
  LAMINA_UNROLL for (int r = 0; r < kWidth; ++r) {
    if (c + r >= block.channels) continue;
    const Vec<T> value = block.bias != nullptr ? square[r] + Vec<T>(block.bias[c + r]) : square[r];
    T* to = out + r * block.out_channel;
    if (block.out_pixels == nullptr) {
      value.store(to + i, n);
    } else {
      T lanes[kWidth];
      value.store(lanes);
      for (int64_t lane = 0; lane < n; ++lane) to[block.out_pixels[i + lane]] = lanes[lane];
    }
  }
}

template <class T>
void conv_channels(const ConvBlock<T>& block) {
  constexpr int64_t kWidth = Vec<T>::width;
  alignas(64) T sums[kChunk * kPanelVectors * kWidth];
  for (int64_t i = 0; i < block.pixels; i += kChunk) {
    const int64_t count = least(kChunk, block.pixels - i);
    gathered_product<T>({count, block.depth, block.image, block.image_pixels + i, block.summands,
                         block.weights, block.panel, sums, false});
    for (int64_t j = 0; j < count; j += kWidth) {
      for (int64_t c = 0; c < block.channels; c += kWidth) {
        store_transposed(block, i + j, least(kWidth, count - j), c, sums + j * block.panel);
      }
    }
  }
}

}  // namespace lamina::LAMINA_ISA_NS

// Runs a formula over a Strip: whole vectors, a masked tail, and operands with odd strides staged
// through a small buffer, so that a formula is only ever applied to contiguous elements.
#pragma once

#include <cstdint>

#include "kernels/isa/vec.h"
#include "kernels/strip.h"

namespace lamina::LAMINA_ISA_NS {

inline constexpr int64_t kStage = 256;

// One input operand of a strip.
template <class T>
class Source {
 public:
  using Element = T;

  Source(const T* data, const Strip& strip, int operand)
      : row_(data), inner_(strip.inner[operand]), outer_(strip.outer[operand]) {}

  bool direct() const { return inner_ == 1; }
  void next_row() { row_ += outer_; }

  // The elements [i, i + n) of the row, contiguous; n <= kStage unless they are so in memory.
  LAMINA_INLINE const T* stage(int64_t i, int64_t n) {
    return inner_ == 1 ? row_ + i : collect(i, n);
  }

 private:
  __attribute__((noinline)) const T* collect(int64_t i, int64_t n) {
    const T* from = row_ + i * inner_;
    if (inner_ == 0) {
      if (i == 0)
        for (int64_t j = 0; j < n; ++j) buffer_[j] = *from;
    } else {
      for (int64_t j = 0; j < n; ++j) buffer_[j] = from[j * inner_];
    }
    return buffer_;
  }

  const T* row_;
  int64_t inner_;
  int64_t outer_;
  T buffer_[kStage];
};

template <class T>
__attribute__((noinline)) void spread(int64_t n, const T* from, T* to, int64_t stride) {
  for (int64_t j = 0; j < n; ++j) to[j * stride] = from[j];
}

// Applies f to contiguous vectors.
struct ByVector {
  template <class T, class F, class... In>
  static LAMINA_INLINE void run(int64_t n, T* y, F f, const In*... in) {
    using V = Vec<T>;
    int64_t i = 0;
    for (; i + V::width <= n; i += V::width) f(V::load(in + i)...).store(y + i);
    if (i < n) f(V::load(in + i, n - i)...).store(y + i, n - i);
  }
};

// Applies f to single elements, for integers (which compilers vectorise) and for functions without
// a vector form.
struct ByElement {
  template <class T, class F, class... In>
  static LAMINA_INLINE void run(int64_t n, T* y, F f, const In*... in) {
    for (int64_t i = 0; i < n; ++i) y[i] = f(in[i]...);
  }
};

// The formula stands in one place, for contiguous rows as for staged ones, as it may be long.
template <class Lanes, class T, class F, class... Sources>
LAMINA_INLINE void map(const Strip& strip, T* y, F f, Sources... in) {
  const bool direct = strip.inner[0] == 1 && (in.direct() && ...);
  const int64_t most = direct ? strip.n : kStage;
  T staged[kStage];
  for (int64_t row = 0; row < strip.rows; ++row) {
    for (int64_t i = 0; i < strip.n; i += most) {
      const int64_t n = strip.n - i < most ? strip.n - i : most;
      T* out = strip.inner[0] == 1 ? y + i : staged;
      Lanes::run(n, out, f, in.stage(i, n)...);
      if (out == staged) spread(n, staged, y + i * strip.inner[0], strip.inner[0]);
    }
    y += strip.outer[0];
    (in.next_row(), ...);
  }
}

}  // namespace lamina::LAMINA_ISA_NS

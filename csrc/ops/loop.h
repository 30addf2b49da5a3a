// The walk over up to four tensors of one (broadcast) shape: simplified once, cut for threads,
// handed to kernels strip by strip.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/tensor.h"
#include "exec/launch.h"
#include "kernels/strip.h"

namespace lamina {

// So many elements are worth a second thread, by what an op spends on one: a few instructions,
inline constexpr int64_t kCheapGrain = int64_t{1} << 15;
// vector math,
inline constexpr int64_t kMathGrain = int64_t{1} << 14;
// a call of the C library or some comparisons.
inline constexpr int64_t kCostlyGrain = int64_t{1} << 12;

// Plain data, so that a body can carry it. Strides in elements; dimension 0 is the outermost.
struct Loop {
  int ndim = 1;
  int operands = 0;
  std::array<int64_t, kMaxDims> sizes;
  std::array<std::array<int64_t, kMaxDims>, kMaxStripOperands> strides;
  std::array<int64_t, kMaxStripOperands> item_sizes;

  // Operand 0 is the result; the others are broadcast to its shape.
  explicit Loop(std::initializer_list<const Tensor*> operands);

  int64_t lines() const {
    int64_t count = 1;
    for (int i = 0; i + 1 < ndim; ++i) count *= sizes[static_cast<size_t>(i)];
    return count;
  }

  // Elements of a loop that is one line, else lines; `grain` elements are worth a thread.
  exec::Parts parts(int64_t grain) const;

 private:
  int64_t step(size_t operand) const;
};

using OperandPointers = std::array<std::byte*, kMaxStripOperands>;

namespace detail {
// The strips that cover lines [first, last) of a loop.
template <class F>
void run_lines(const Loop& loop, const OperandPointers& base, int64_t first, int64_t last, F& f);
// The part [first, last) of a loop that is one line.
template <class F>
void run_span(const Loop& loop, const OperandPointers& base, int64_t first, int64_t last, F& f) {
  Strip strip{last - first, 1, {}, {}};
  OperandPointers at = base;
  for (size_t k = 0; k < static_cast<size_t>(loop.operands); ++k) {
    strip.inner[k] = loop.strides[k][static_cast<size_t>(loop.ndim) - 1];
    at[k] += first * strip.inner[k] * loop.item_sizes[k];
  }
  f(strip, at);
}
}  // namespace detail

// Calls f(strip, pointers) until parts [begin, end) of the loop are covered.
template <class F>
void run(const Loop& loop, exec::Buffers buffers, int64_t begin, int64_t end, F f) {
  OperandPointers base{};
  for (int k = 0; k < loop.operands; ++k) base[static_cast<size_t>(k)] = buffers.get<std::byte>(k);
  if (loop.lines() == 1)
    detail::run_span(loop, base, begin, end, f);
  else
    detail::run_lines(loop, base, begin, end, f);
}

template <class F>
void detail::run_lines(const Loop& loop, const OperandPointers& base, int64_t first, int64_t last,
                       F& f) {
  const auto row_dim = static_cast<size_t>(loop.ndim) - 2;
  const int64_t rows = loop.sizes[row_dim];
  while (first < last) {
    const int64_t row = first % rows;
    Strip strip{loop.sizes[row_dim + 1], std::min(rows - row, last - first), {}, {}};
    OperandPointers at = base;
    for (size_t k = 0; k < static_cast<size_t>(loop.operands); ++k) {
      strip.inner[k] = loop.strides[k][row_dim + 1];
      strip.outer[k] = loop.strides[k][row_dim];
      int64_t offset = row * strip.outer[k];
      int64_t index = first / rows;
      for (size_t dim = row_dim; dim-- > 0; index /= loop.sizes[dim])
        offset += index % loop.sizes[dim] * loop.strides[k][dim];
      at[k] += offset * loop.item_sizes[k];
    }
    f(strip, at);
    first += strip.rows;
  }
}

}  // namespace lamina

#include "ops/loop.h"

#include <algorithm>

namespace lamina {

namespace {

// May dimension `inner` be folded into the one before it, for every operand?
bool foldable(const Loop& loop, size_t outer, size_t inner) {
  for (size_t k = 0; k < static_cast<size_t>(loop.operands); ++k)
    if (loop.strides[k][outer] != loop.strides[k][inner] * loop.sizes[inner]) return false;
  return true;
}

void move_dim(Loop& loop, size_t from, size_t to) {
  loop.sizes[to] = loop.sizes[from];
  for (size_t k = 0; k < static_cast<size_t>(loop.operands); ++k)
    loop.strides[k][to] = loop.strides[k][from];
}

// The result is written in the order of its memory.
void sort_by_result(Loop& loop) {
  for (size_t i = 1; i < static_cast<size_t>(loop.ndim); ++i)
    for (size_t j = i; j > 0 && loop.strides[0][j - 1] < loop.strides[0][j]; --j) {
      std::swap(loop.sizes[j - 1], loop.sizes[j]);
      for (size_t k = 0; k < static_cast<size_t>(loop.operands); ++k)
        std::swap(loop.strides[k][j - 1], loop.strides[k][j]);
    }
}

}  // namespace

Loop::Loop(std::initializer_list<const Tensor*> tensors) {
  const Tensor& result = **tensors.begin();
  size_t dims = 0;
  for (int d = 0; d < result.ndim(); ++d)
    if (result.size(d) != 1) sizes[dims++] = result.size(d);
  for (const Tensor* tensor : tensors) {
    const auto k = static_cast<size_t>(operands++);
    item_sizes[k] = item_size(tensor->dtype());
    const int shift = result.ndim() - tensor->ndim();
    size_t i = 0;
    for (int d = 0; d < result.ndim(); ++d) {
      if (result.size(d) == 1) continue;
      const bool repeated = d < shift || tensor->size(d - shift) == 1;
      strides[k][i++] = repeated ? 0 : tensor->stride(d - shift);
    }
  }
  if (dims == 0) {  // one element
    sizes[0] = 1;
    for (auto& stride : strides) stride[0] = 1;
    return;
  }
  ndim = static_cast<int>(dims);
  if (!result.contiguous()) sort_by_result(*this);
  size_t last = 0;
  for (size_t i = 1; i < dims; ++i) {
    if (foldable(*this, last, i)) {
      const int64_t size = sizes[last] * sizes[i];
      move_dim(*this, i, last);
      sizes[last] = size;
    } else {
      move_dim(*this, i, ++last);
    }
  }
  ndim = static_cast<int>(last) + 1;
}

exec::Parts Loop::parts(int64_t grain) const {
  const int64_t n = sizes[static_cast<size_t>(ndim) - 1];
  exec::Parts parts{.count = lines()};
  if (parts.count == 1) {
    // Whole cache lines, so that two threads never write the same one.
    parts = {.count = n, .grain = grain, .unit = 64};
  } else if (n > 0) {
    parts.grain = std::max<int64_t>(1, grain / n);
  } else {
    parts.count = 0;
  }
  parts.in_place = true;
  for (size_t k = 0; k < static_cast<size_t>(operands); ++k) {
    parts.steps[k] = step(k);
    const auto line = static_cast<size_t>(ndim) - 1;
    parts.in_place &= parts.steps[k] == 0 || strides[k][line] == strides[0][line];
  }
  return parts;
}

// Bytes from part to part of an operand; 0 if they are not equally far apart, one after the other.
int64_t Loop::step(size_t operand) const {
  const auto& stride = strides[operand];
  const auto line = static_cast<size_t>(ndim) - 1;
  if (stride[line] < 0) return 0;
  if (lines() == 1) return stride[line] * item_sizes[operand];
  for (size_t d = 0; d + 1 < line; ++d)
    if (stride[d] != stride[d + 1] * sizes[d + 1]) return 0;
  const bool apart = stride[line - 1] > stride[line] * (sizes[line] - 1);
  return apart ? stride[line - 1] * item_sizes[operand] : 0;
}

}  // namespace lamina

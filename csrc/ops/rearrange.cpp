#include "ops/rearrange.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "autograd/node.h"
#include "exec/launch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/inplace.h"
#include "ops/join.h"
#include "ops/loop.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;

// Of each row of the last two dimensions what lies before (from, in an upper triangle) the
// diagonal.
Tensor triangle(const char* op, const Tensor& given, int64_t diagonal, bool lower) {
  check(given.ndim() >= 2, op, "expected at least two dimensions; got shape ", given.sizes());
  const Tensor x = contiguous(detach(given));
  const Tensor out = empty_like(x);
  const int64_t rows = x.size(x.ndim() - 2), cols = x.sizes().back(), item = item_size(x.dtype());
  diagonal = std::clamp(diagonal, -rows, cols);
  exec::launch(op, {&out}, {&x}, [=, count = x.count()](exec::Buffers buffers) {
    if (count == 0) return;
    const int64_t grain = std::max<int64_t>(1, kCheapGrain / cols);
    parallel_for(count / cols, grain, [=](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; ++row) {
        const int64_t edge = std::clamp<int64_t>(row % rows + diagonal + lower, 0, cols) * item;
        const int64_t from = lower ? 0 : edge, to = lower ? edge : cols * item;
        std::byte* target = buffers.get<std::byte>(0) + row * cols * item;
        std::memset(target, 0, static_cast<size_t>(cols * item));
        std::memcpy(target + from, buffers.get<std::byte>(1) + row * cols * item + from,
                    static_cast<size_t>(to - from));
      }
    });
  });
  if (autograd::needs_grad(given))
    autograd::record(op, out, {&given},
                     [=](Backward& b) { b.set(0, triangle(op, b.grad(), diagonal, lower)); });
  return out;
}

// Without `before` elements in front and `after` behind, as far as these are positive.
Tensor crop(const Tensor& x, int dim, int64_t before, int64_t after) {
  const int64_t first = std::max<int64_t>(0, before);
  return narrow(x, dim, first, x.size(dim) - first - std::max<int64_t>(0, after));
}

void check_amounts(const Tensor& x, const Dims& amounts) {
  check(amounts.size() % 2 == 0 && amounts.size() / 2 <= x.ndim(), "pad",
        "expected two amounts for each of the last dimensions of shape ", x.sizes(), "; got ",
        amounts);
  for (int i = 0; i < amounts.size() / 2; ++i) {
    const int64_t size = x.size(x.ndim() - 1 - i);
    check(size + amounts[2 * i] + amounts[2 * i + 1] >= 0 && amounts[2 * i] >= -size &&
              amounts[2 * i + 1] >= -size,
          "pad", "expected to crop at most the size; got amounts ", amounts, " for shape ",
          x.sizes());
  }
}

int64_t source_of(PadMode mode, int64_t i, int64_t size) {
  switch (mode) {
    case PadMode::kReflect:
      if (i < 0) return -i;
      return i < size ? i : 2 * (size - 1) - i;
    case PadMode::kCircular:
      return (i + size) % size;
    case PadMode::kReplicate:
      break;
  }
  return std::clamp<int64_t>(i, 0, size - 1);
}

// Along one dimension, every element of the result is a copy of one of x.
Tensor pad_dim(const Tensor& x, int dim, int64_t before, int64_t after, PadMode mode) {
  if (before == 0 && after == 0) return x;
  // What is cropped does not come back at the other end.
  if (mode == PadMode::kCircular && std::min(before, after) < 0)
    return pad_dim(crop(x, dim, -before, -after), dim, std::max<int64_t>(before, 0),
                   std::max<int64_t>(after, 0), mode);
  const int64_t size = x.size(dim);
  const int64_t most = mode == PadMode::kReflect ? size - 1 : size;
  const bool fits = mode == PadMode::kReplicate ? size > 0 : std::max(before, after) <= most;
  check(fits, "pad", "expected at most ", most, " elements to pad in dimension ", dim, " of shape ",
        x.sizes(), "; got ", before, " and ", after);
  const Tensor index = empty({size + before + after}, DType::kInt64);
  exec::launch("pad_index", {&index}, {}, [=, count = index.count()](exec::Buffers buffers) {
    auto* source = buffers.get<int64_t>(0);
    for (int64_t i = 0; i < count; ++i) source[i] = source_of(mode, i - before, size);
  });
  return index_select(x, dim, index);
}

}  // namespace

Tensor flip(const Tensor& x, const Dims& dims) {
  Dims strides = x.strides();
  int64_t offset = x->offset;
  for (const int64_t dim : dims) {
    const int d = wrap_dim("flip", dim, x.ndim());
    check(x.ndim() == 0 || strides[d] == x.stride(d), "flip", "expected each dimension once; got ",
          dims);
    if (x.ndim() == 0 || x.size(d) < 2) continue;
    offset += (x.size(d) - 1) * strides[d];
    strides[d] = -strides[d];
  }
  Tensor out = x.count() == 0 ? clone(detach(x)) : clone(window(x, x.sizes(), strides, offset));
  if (autograd::needs_grad(x))
    autograd::record("flip", out, {&x}, [dims](Backward& b) { b.set(0, flip(b.grad(), dims)); });
  return out;
}

Tensor roll(const Tensor& x, int64_t shift, int64_t dim) {
  const int d = wrap_dim("roll", dim, x.ndim());
  if (x.count() == 0 || x.ndim() == 0) return clone(x);
  const int64_t size = x.size(d);
  const int64_t moved = (shift % size + size) % size;
  const std::array<Tensor, 2> parts{narrow(x, d, size - moved, moved),
                                    narrow(x, d, 0, size - moved)};
  return cat(parts, d);
}

Tensor repeat(const Tensor& x, const Dims& repeats) {
  const int added = repeats.size() - x.ndim();
  check(added >= 0, "repeat", "expected at least ", x.ndim(), " numbers; got ", repeats);
  Dims with_ones, expanded, result;
  for (int i = 0; i < repeats.size(); ++i) {
    check(repeats[i] >= 0, "repeat", "expected numbers that are not negative; got ", repeats);
    const int64_t size = i < added ? 1 : x.size(i - added);
    if (repeats[i] != 1) {
      with_ones.push_back(1);
      expanded.push_back(repeats[i]);
    }
    with_ones.push_back(size);
    expanded.push_back(size);
    result.push_back(repeats[i] * size);
  }
  return view(clone(expand(reshape(x, with_ones), expanded)), result);
}

Tensor unfold(const Tensor& x, int64_t dim, int64_t size, int64_t step) {
  const int d = wrap_dim("unfold", dim, x.ndim());
  const int64_t whole = x.ndim() > 0 ? x.size(d) : 1;
  check(size >= 0 && size <= whole && step > 0, "unfold", "expected a window of at most ", whole,
        " elements and a step above 0; got ", size, " and ", step);
  Dims sizes = x.sizes(), strides = x.strides();
  const int64_t stride = x.ndim() > 0 ? x.stride(d) : 1;
  if (x.ndim() > 0) {
    sizes[d] = (whole - size) / step + 1;
    strides[d] = stride * step;
  }
  sizes.push_back(size);
  strides.push_back(stride);
  Tensor out = window(x, sizes, strides, x->offset);
  if (autograd::needs_grad(x))
    autograd::record(
        "unfold", out, {&x}, [from = x.sizes(), dtype = x.dtype(), d, size, step](Backward& b) {
          const Tensor grad = zeros(from, dtype);
          const int64_t windows = b.grad().ndim() > 1 ? b.grad().size(d) : 1;
          for (int64_t k = 0; k < size; ++k) {
            const Tensor part = select_index(b.grad(), -1, k);
            const Tensor place =
                from.empty() ? grad : slice(grad, d, k, k + (windows - 1) * step + 1, step);
            binary_(BinaryOp::add, place, part);
          }
          b.set(0, grad);
        });
  track_view(out, x);
  return out;
}

Tensor tril(const Tensor& x, int64_t diagonal) { return triangle("tril", x, diagonal, true); }
Tensor triu(const Tensor& x, int64_t diagonal) { return triangle("triu", x, diagonal, false); }

Tensor diag_embed(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  check(x.ndim() > 0, "diag_embed", "expected a tensor with dimensions; got a 0-d one");
  const int first = wrap_dim("diag_embed", dim1, x.ndim() + 1);
  const int second = wrap_dim("diag_embed", dim2, x.ndim() + 1);
  check(first != second, "diag_embed", "expected two different dimensions; got ", dim1, " and ",
        dim2);
  Dims sizes = x.sizes();
  const int64_t side = sizes.back() + std::abs(offset);
  sizes.erase(sizes.size() - 1);
  sizes.insert(std::min(first, second), side);
  sizes.insert(std::max(first, second), side);
  const Tensor out = zeros(sizes, x.dtype());
  copy_(diagonal(out, offset, first, second), detach(x));
  if (autograd::needs_grad(x))
    autograd::record("diag_embed", out, {&x}, [offset, first, second](Backward& b) {
      b.set(0, diagonal(b.grad(), offset, first, second));
    });
  return out;
}

Tensor pad(const Tensor& x, const Dims& amounts, double value) {
  check_amounts(x, amounts);
  Dims sizes = x.sizes();
  for (int i = 0; i < amounts.size(); ++i) sizes[x.ndim() - 1 - i / 2] += amounts[i];
  const Tensor out = full(sizes, value, x.dtype());
  Tensor inside = detach(out), kept = detach(x);
  for (int i = 0; i < amounts.size() / 2; ++i) {
    const int d = x.ndim() - 1 - i;
    inside = crop(inside, d, amounts[2 * i], amounts[2 * i + 1]);
    kept = crop(kept, d, -amounts[2 * i], -amounts[2 * i + 1]);
  }
  copy_(inside, kept);
  if (autograd::needs_grad(x))
    autograd::record("pad", out, {&x}, [amounts](Backward& b) {
      Dims back = amounts;
      for (int64_t& amount : back) amount = -amount;
      b.set(0, pad(b.grad(), back, 0.0));
    });
  return out;
}

Tensor pad(const Tensor& x, const Dims& amounts, PadMode mode) {
  check_amounts(x, amounts);
  const int padded = amounts.size() / 2, leading = x.ndim() - padded;
  check(padded >= 1 && padded <= 3 && (leading == 1 || leading == 2), "pad",
        "expected amounts for all dimensions after channels, at most 3; got ", amounts,
        " for shape ", x.sizes());
  Tensor out = x;
  for (int i = 0; i < amounts.size() / 2; ++i)
    out = pad_dim(out, x.ndim() - 1 - i, amounts[2 * i], amounts[2 * i + 1], mode);
  return out;
}

}  // namespace lamina

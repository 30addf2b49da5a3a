#include "ops/view.h"

#include <algorithm>

#include "autograd/node.h"
#include "ops/copy.h"
#include "ops/inplace.h"
#include "ops/reduce.h"

namespace lamina {

namespace {

using autograd::Backward;

// A window with its way back: `back` turns the gradient of the view into that of x.
template <class F>
Tensor make_view(const char* name, const Tensor& x, const Dims& sizes, const Dims& strides,
                 int64_t offset, F back) {
  Tensor out = window(x, sizes, strides, offset);
  if (autograd::needs_grad(x))
    autograd::record(name, out, {&x}, [back](Backward& b) { b.set(0, back(b.grad())); });
  track_view(out, x);
  return out;
}

// For views that show each element of x at most once: the gradient goes into the same window of
// zeros. The window is given as one of a contiguous tensor.
auto into_zeros(const Tensor& x, Tensor (*place)(const Tensor& zeros, const Dims& how), Dims how) {
  return [sizes = x.sizes(), dtype = x.dtype(), place, how](const Tensor& grad) {
    const Tensor out = zeros(sizes, dtype);
    copy_(place(out, how), grad);
    return out;
  };
}

}  // namespace

// Offsets and strides are those of x's own memory, which must be contiguous to map the gradient
// back.
Tensor as_strided(const Tensor& x, const Dims& sizes, const Dims& strides, int64_t offset) {
  check(sizes.size() == strides.size(), "as_strided", "expected as many strides as sizes; got ",
        strides, " and ", sizes);
  int64_t last = offset;
  for (int d = 0; d < sizes.size(); ++d) {
    check(sizes[d] >= 0 && strides[d] >= 0, "as_strided",
          "expected sizes and strides that are not negative; got ", sizes, " and ", strides);
    last += (sizes[d] - 1) * strides[d];
  }
  const int64_t available = x->storage->bytes() / item_size(x.dtype());
  check(element_count("as_strided", sizes) == 0 || (offset >= 0 && last < available), "as_strided",
        "expected a window inside ", available, " elements; got sizes ", sizes, ", strides ",
        strides, ", offset ", offset);
  Tensor out = window(x, sizes, strides, offset);
  if (autograd::needs_grad(x)) record_window(out, x);
  track_view(out, x);
  return out;
}

void record_window(const Tensor& view, const Tensor& base) {
  check<NotImplemented>(base.contiguous(), "as_strided",
                        "has no gradient for tensors that are not contiguous");
  autograd::record("as_strided", view, {&base},
                   [sizes = base.sizes(), strides = view.strides(), dtype = base.dtype(),
                    offset = view->offset - base->offset](Backward& b) {
                     const Tensor out = zeros(sizes, dtype);
                     Tensor grad = b.grad();
                     Dims shown = grad.sizes();
                     // An element shown many times collects all of its gradients.
                     for (int d = 0; d < shown.size(); ++d)
                       if (strides[d] == 0 && shown[d] > 1) {
                         grad = sum(grad, {d}, true);
                         shown[d] = 1;
                       }
                     copy_(as_strided(out, shown, strides, out->offset + offset), grad);
                     b.set(0, out);
                   });
}

Tensor view(const Tensor& x, const Dims& sizes) {
  const Dims target = infer_sizes("view", sizes, x.sizes(), x.count());
  Dims strides;
  check(view_strides(x.sizes(), x.strides(), target, strides), "view", "shape ", x.sizes(),
        " with strides ", x.strides(), " cannot be seen as ", target,
        " without a copy; use reshape()");
  return make_view("view", x, target, strides, x->offset,
                   [from = x.sizes()](const Tensor& grad) { return reshape(grad, from); });
}

Tensor reshape(const Tensor& x, const Dims& sizes) {
  const Dims target = infer_sizes("reshape", sizes, x.sizes(), x.count());
  Dims strides;
  if (view_strides(x.sizes(), x.strides(), target, strides)) return view(x, target);
  return view(clone(x), target);
}

Tensor permute(const Tensor& x, const Dims& order) {
  check(order.size() == x.ndim(), "permute", "expected an order of ", x.ndim(), " dimensions; got ",
        order);
  Dims sizes, strides, inverse = Dims::filled(x.ndim(), -1);
  for (int i = 0; i < order.size(); ++i) {
    const int from = wrap_dim("permute", order[i], x.ndim());
    check(inverse[from] < 0, "permute", "expected each dimension once; got ", order);
    inverse[from] = i;
    sizes.push_back(x.size(from));
    strides.push_back(x.stride(from));
  }
  return make_view("permute", x, sizes, strides, x->offset,
                   [inverse](const Tensor& grad) { return permute(grad, inverse); });
}

Tensor transpose(const Tensor& x, int64_t a, int64_t b) {
  const int first = wrap_dim("transpose", a, x.ndim());
  const int second = wrap_dim("transpose", b, x.ndim());
  Dims sizes = x.sizes(), strides = x.strides();
  if (x.ndim() > 0) {
    std::swap(sizes[first], sizes[second]);
    std::swap(strides[first], strides[second]);
  }
  return make_view("transpose", x, sizes, strides, x->offset,
                   [=](const Tensor& grad) { return transpose(grad, first, second); });
}

Tensor expand(const Tensor& x, const Dims& sizes, const char* op) {
  const int added = sizes.size() - x.ndim();
  check(added >= 0, op, "expected at least ", x.ndim(), " sizes; got ", sizes);
  Dims target = sizes, strides = Dims::filled(sizes.size(), 0);
  for (int d = 0; d < target.size(); ++d) {
    if (d < added) {
      check(target[d] >= 0, op, "expected sizes for new dimensions; got ", sizes);
      continue;
    }
    const int64_t size = x.size(d - added);
    if (target[d] == -1) target[d] = size;
    check(target[d] == size || (size == 1 && target[d] >= 0), op, "expected a shape that ",
          x.sizes(), " broadcasts to; got ", sizes);
    if (target[d] == size) strides[d] = x.stride(d - added);
  }
  // The engine sums the gradient over what was repeated.
  return make_view("expand", x, target, strides, x->offset,
                   [](const Tensor& grad) { return grad; });
}

Tensor unsqueeze(const Tensor& x, int64_t dim) {
  const int at = wrap_dim("unsqueeze", dim, x.ndim() + 1);
  Dims sizes = x.sizes(), strides = x.strides();
  strides.insert(at, at < x.ndim() ? sizes[at] * strides[at] : 1);
  sizes.insert(at, 1);
  return make_view("unsqueeze", x, sizes, strides, x->offset,
                   [at](const Tensor& grad) { return squeeze(grad, Dims{at}); });
}

Tensor squeeze(const Tensor& x) {
  Dims dims;
  for (int d = 0; d < x.ndim(); ++d) dims.push_back(d);
  return squeeze(x, dims);
}

Tensor squeeze(const Tensor& x, const Dims& dims) {
  uint32_t chosen = 0;
  for (int64_t dim : dims) {
    const uint32_t bit = 1U << wrap_dim("squeeze", dim, x.ndim());
    check(!(chosen & bit), "squeeze", "expected each dimension once; got ", dims);
    chosen |= bit;
  }
  Dims sizes, strides;
  for (int d = 0; d < x.ndim(); ++d) {
    if (x.size(d) == 1 && (chosen >> d & 1U)) continue;
    sizes.push_back(x.size(d));
    strides.push_back(x.stride(d));
  }
  return make_view("squeeze", x, sizes, strides, x->offset,
                   [from = x.sizes()](const Tensor& grad) { return reshape(grad, from); });
}

Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t stop, int64_t step) {
  check<IndexError>(x.ndim() > 0, "slice", "a 0-d tensor cannot be sliced");
  check(step > 0, "slice", "expected a positive step; got ", step);
  const int d = wrap_dim("slice", dim, x.ndim());
  const int64_t size = x.size(d);
  const auto clip = [size](int64_t i) {
    return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size);
  };
  start = clip(start);
  stop = std::max(start, clip(stop));
  Dims sizes = x.sizes(), strides = x.strides();
  sizes[d] = (stop - start + step - 1) / step;
  strides[d] *= step;
  const auto place = [](const Tensor& zeros, const Dims& how) {
    return slice(zeros, how[0], how[1], how[2], how[3]);
  };
  return make_view("slice", x, sizes, strides, x->offset + start * x.stride(d),
                   into_zeros(x, place, {d, start, stop, step}));
}

Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  check<IndexError>(x.ndim() > 0, "narrow", "a 0-d tensor has no dimension to narrow");
  const int64_t size = x.size(wrap_dim("narrow", dim, x.ndim()));
  const int64_t first = start < 0 ? start + size : start;
  check<IndexError>(first >= 0 && length >= 0 && first + length <= size, "narrow",
                    "expected a range inside a dimension of size ", size, "; got start ", start,
                    " and length ", length);
  return slice(x, dim, first, first + length, 1);
}

Tensor select_index(const Tensor& x, int64_t dim, int64_t index, const char* op) {
  check<IndexError>(x.ndim() > 0, op, "a 0-d tensor cannot be indexed with an integer");
  const int d = wrap_dim(op, dim, x.ndim());
  const int64_t size = x.size(d);
  check<IndexError>(index >= -size && index < size, op, "index ", index,
                    " is out of bounds for dimension ", d, " of size ", size);
  const int64_t at = index < 0 ? index + size : index;
  Dims sizes = x.sizes(), strides = x.strides();
  sizes.erase(d);
  strides.erase(d);
  const auto place = [](const Tensor& zeros, const Dims& how) {
    return select_index(zeros, how[0], how[1]);
  };
  return make_view("select", x, sizes, strides, x->offset + at * x.stride(d),
                   into_zeros(x, place, {d, at}));
}

Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  const int a = wrap_dim("diagonal", dim1, x.ndim());
  const int b = wrap_dim("diagonal", dim2, x.ndim());
  check(x.ndim() >= 2 && a != b, "diagonal", "expected two different dimensions; got ", dim1,
        " and ", dim2, " of shape ", x.sizes());
  const int64_t rows = x.size(a) + std::min<int64_t>(offset, 0);
  const int64_t cols = x.size(b) - std::max<int64_t>(offset, 0);
  const int64_t start = offset >= 0 ? offset * x.stride(b) : -offset * x.stride(a);
  Dims sizes, strides;
  for (int d = 0; d < x.ndim(); ++d) {
    if (d == a || d == b) continue;
    sizes.push_back(x.size(d));
    strides.push_back(x.stride(d));
  }
  sizes.push_back(std::max<int64_t>(0, std::min(rows, cols)));
  strides.push_back(x.stride(a) + x.stride(b));
  const bool none = sizes.back() == 0;
  const auto place = [](const Tensor& zeros, const Dims& how) {
    return diagonal(zeros, how[0], how[1], how[2]);
  };
  return make_view("diagonal", x, sizes, strides, x->offset + (none ? 0 : start),
                   into_zeros(x, place, {offset, a, b}));
}

}  // namespace lamina

#include "ops/join.h"

#include <algorithm>

#include "autograd/node.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/inplace.h"
#include "ops/loop.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;

// The copy of one tensor into its place in the result.
struct Part {
  Loop loop;
  CastKernel* kernel;
  int64_t offset;  // of its place, in bytes
};

Part part_of(const Tensor& place, const Tensor& tensor) {
  const auto from = static_cast<size_t>(tensor.dtype()), to = static_cast<size_t>(place.dtype());
  return {Loop{&place, &tensor}, kernels().cast[from][to],
          place->offset * item_size(place.dtype())};
}

void copy_part(const Part& part, std::byte* out, const std::byte* in) {
  void* const pointers[] = {out + part.offset, const_cast<std::byte*>(in)};
  exec::run_parts(part.loop.parts(kCheapGrain), exec::Buffers(pointers),
                  [&](exec::Buffers buffers, int64_t begin, int64_t end) {
                    run(part.loop, buffers, begin, end,
                        [&](const Strip& strip, const OperandPointers& at) {
                          part.kernel(strip, at[0], at[1]);
                        });
                  });
}

// Copies each tensor to its place, a window on `out`.
template <class Place>
void launch_join(const char* op, const Tensor& out, std::span<const Tensor> tensors, Place place) {
  std::vector<Part> parts;
  std::vector<const Tensor*> reads;
  for (const Tensor& tensor : tensors) {
    parts.push_back(part_of(place(reads.size()), tensor));
    reads.push_back(&tensor);
  }
  const Tensor* writes[] = {&out};
  exec::launch(op, writes, reads,
               [parts = std::move(parts), elements = out.count()](exec::Buffers buffers) {
                 // Few parts are shared out one by one, each over all threads.
                 const auto count = static_cast<int64_t>(parts.size());
                 const int64_t grain =
                     count < 8 ? count : std::max<int64_t>(1, kCheapGrain * count / (elements + 1));
                 parallel_for(count, grain, [&](int64_t first, int64_t last) {
                   for (int64_t i = first; i < last; ++i)
                     copy_part(parts[static_cast<size_t>(i)], buffers.get<std::byte>(0),
                               buffers.get<const std::byte>(static_cast<int>(i) + 1));
                 });
               });
}

bool any_needs_grad(std::span<const Tensor> tensors) {
  return autograd::grad_enabled &&
         std::any_of(tensors.begin(), tensors.end(),
                     [](const Tensor& tensor) { return autograd::requires_grad(tensor); });
}

DType common_dtype(std::span<const Tensor> tensors) {
  DType dtype = DType::kBool;
  for (const Tensor& tensor : tensors) dtype = promote(dtype, tensor.dtype());
  return dtype;
}

// PyTorch lets an empty vector stand beside tensors of any shape.
std::vector<Tensor> without_empty_vectors(std::span<const Tensor> tensors) {
  std::vector<Tensor> kept;
  for (const Tensor& tensor : tensors)
    if (tensor.sizes() != Dims{0}) kept.push_back(tensor);
  if (kept.empty()) kept.push_back(tensors[0]);
  return kept;
}

// The sum of the sizes along `d`, the other sizes as they are.
Dims joined_sizes(std::span<const Tensor> tensors, int d) {
  Dims sizes = tensors[0].sizes();
  for (const Tensor& tensor : tensors.subspan(1)) {
    bool fits = tensor.ndim() == sizes.size();
    for (int i = 0; fits && i < sizes.size(); ++i) fits = i == d || tensor.size(i) == sizes[i];
    check(fits, "cat", "expected shapes that are equal except in dimension ", d, "; got ",
          tensors[0].sizes(), " and ", tensor.sizes());
    sizes[d] += tensor.size(d);
  }
  return sizes;
}

// Parts are views that share one node: its way back joins the gradients of all.
template <class Join>
void record_parts(const char* name, const Tensor& x, const std::vector<Tensor>& parts, Join join) {
  if (!parts.empty() && autograd::needs_grad(x)) {
    std::vector<Dims> shapes;
    for (const Tensor& part : parts) shapes.push_back(part.sizes());
    auto way_back = [join, shapes = std::move(shapes), dtype = x.dtype()](Backward& b) {
      std::vector<Tensor> grads;
      for (const Dims& shape : shapes) {
        const Tensor& grad = b.grad(static_cast<int>(grads.size()));
        grads.push_back(grad ? grad : zeros(shape, dtype));
      }
      b.set(0, join(grads));
    };
    const Tensor* const inputs[] = {&x};
    const Ref<autograd::Node> node(new autograd::ClosureNode<decltype(way_back), 1>(
        name, static_cast<int>(parts.size()), inputs, std::move(way_back)));
    for (size_t i = 0; i < parts.size(); ++i) autograd::attach(parts[i], node, static_cast<int>(i));
  }
  for (const Tensor& part : parts) track_view(part, x);
}

}  // namespace

Tensor cat(std::span<const Tensor> given, int64_t dim) {
  check(!given.empty(), "cat", "expected at least one tensor; got none");
  const std::vector<Tensor> tensors = without_empty_vectors(given);
  check(tensors[0].ndim() > 0, "cat", "expected tensors with dimensions; use stack() for 0-d ones");
  const int d = wrap_dim("cat", dim, tensors[0].ndim());
  const Tensor out = empty(joined_sizes(tensors, d), common_dtype(given));
  int64_t start = 0;
  launch_join("cat", out, tensors, [&](size_t i) {
    const int64_t offset = start * out.stride(d);
    start += tensors[i].size(d);
    return window(out, tensors[i].sizes(), out.strides(), offset);
  });
  if (!any_needs_grad(tensors)) return out;
  std::vector<int64_t> sizes;
  for (const Tensor& tensor : tensors) sizes.push_back(tensor.size(d));
  autograd::record("cat", out, tensors, [d, sizes = std::move(sizes)](Backward& b) {
    int64_t first = 0;
    for (size_t i = 0; i < sizes.size(); first += sizes[i++])
      if (const int input = static_cast<int>(i); b.needs(input))
        b.set(input, narrow(b.grad(), d, first, sizes[i]));
  });
  return out;
}

Tensor stack(std::span<const Tensor> tensors, int64_t dim) {
  check(!tensors.empty(), "stack", "expected at least one tensor; got none");
  const int d = wrap_dim("stack", dim, tensors[0].ndim() + 1);
  for (const Tensor& tensor : tensors)
    check(tensor.sizes() == tensors[0].sizes(), "stack", "expected tensors of one shape; got ",
          tensors[0].sizes(), " and ", tensor.sizes());
  Dims sizes = tensors[0].sizes();
  sizes.insert(d, static_cast<int64_t>(tensors.size()));
  const Tensor out = empty(sizes, common_dtype(tensors));
  Dims strides = out.strides();
  strides.erase(d);
  launch_join("stack", out, tensors, [&](size_t i) {
    return window(out, tensors[0].sizes(), strides, static_cast<int64_t>(i) * out.stride(d));
  });
  if (any_needs_grad(tensors))
    autograd::record("stack", out, tensors, [d, count = sizes[d]](Backward& b) {
      for (int i = 0; i < count; ++i)
        if (b.needs(i)) b.set(i, select_index(b.grad(), d, i));
    });
  return out;
}

std::vector<Tensor> split(const Tensor& x, std::span<const int64_t> sizes, int64_t dim) {
  check(x.ndim() > 0, "split", "expected a tensor with dimensions; got a 0-d one");
  const int d = wrap_dim("split", dim, x.ndim());
  int64_t total = 0;
  for (const int64_t size : sizes) {
    check(size >= 0, "split", "expected sizes that are not negative; got ", size);
    total += size;
  }
  check(total == x.size(d), "split", "expected sizes that add up to ", x.size(d), "; got ", total);
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (const int64_t size : sizes) {
    Dims shape = x.sizes();
    shape[d] = size;
    parts.push_back(window(x, shape, x.strides(), x->offset + start * x.stride(d)));
    start += size;
  }
  record_parts("split", x, parts, [d](const std::vector<Tensor>& grads) { return cat(grads, d); });
  return parts;
}

std::vector<Tensor> split(const Tensor& x, int64_t size, int64_t dim) {
  check(x.ndim() > 0, "split", "expected a tensor with dimensions; got a 0-d one");
  const int64_t whole = x.size(wrap_dim("split", dim, x.ndim()));
  check(size > 0 || (size == 0 && whole == 0), "split", "expected a size above 0; got ", size);
  std::vector<int64_t> sizes;
  for (int64_t start = 0; start < whole; start += size)
    sizes.push_back(std::min(size, whole - start));
  if (sizes.empty()) sizes.push_back(0);
  return split(x, sizes, dim);
}

std::vector<Tensor> chunk(const Tensor& x, int64_t count, int64_t dim) {
  check(x.ndim() > 0, "chunk", "expected a tensor with dimensions; got a 0-d one");
  check(count > 0, "chunk", "expected a number of chunks above 0; got ", count);
  const int64_t whole = x.size(wrap_dim("chunk", dim, x.ndim()));
  if (whole == 0) return split(x, std::vector<int64_t>(static_cast<size_t>(count), 0), dim);
  return split(x, (whole + count - 1) / count, dim);
}

std::vector<Tensor> unbind(const Tensor& x, int64_t dim) {
  check(x.ndim() > 0, "unbind", "expected a tensor with dimensions; got a 0-d one");
  const int d = wrap_dim("unbind", dim, x.ndim());
  Dims sizes = x.sizes(), strides = x.strides();
  sizes.erase(d);
  strides.erase(d);
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < x.size(d); ++i)
    parts.push_back(window(x, sizes, strides, x->offset + i * x.stride(d)));
  record_parts("unbind", x, parts,
               [d](const std::vector<Tensor>& grads) { return stack(grads, d); });
  return parts;
}

}  // namespace lamina

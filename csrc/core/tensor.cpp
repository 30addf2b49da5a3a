#include "core/tensor.h"

#include <algorithm>
#include <atomic>

namespace lamina {

namespace {
std::atomic<DType> default_float{DType::kFloat32};

Tensor make(Ref<Storage> storage, const Dims& sizes, const Dims& strides, DType dtype,
            int64_t offset, int64_t count, bool contiguous) {
  Ref impl(new TensorImpl);
  impl->storage = std::move(storage);
  impl->offset = offset;
  impl->count = count;
  impl->dtype = dtype;
  impl->contiguous = contiguous;
  impl->sizes = sizes;
  impl->strides = strides;
  return Tensor(std::move(impl));
}
}  // namespace

DType default_dtype() { return default_float.load(std::memory_order_relaxed); }

void set_default_dtype(DType dtype) {
  check(is_floating(dtype), "set_default_dtype", "expected float32 or float64; got ", name(dtype));
  default_float.store(dtype, std::memory_order_relaxed);
}

Tensor empty(const Dims& sizes, DType dtype) {
  const int64_t count = element_count("empty", sizes);
  return make(Storage::make(count * item_size(dtype)), sizes, contiguous_strides(sizes), dtype, 0,
              count, true);
}

Tensor window(const Tensor& base, const Dims& sizes, const Dims& strides, int64_t offset) {
  Tensor view = make(base->storage, sizes, strides, base.dtype(), offset,
                     element_count("view", sizes), is_contiguous(sizes, strides));
  view->untracked = base->untracked;
  return view;
}

Tensor detach(const Tensor& tensor) {
  return window(tensor, tensor.sizes(), tensor.strides(), tensor->offset);
}

Tensor alias(const Tensor& tensor) {
  int64_t last = tensor.count() > 0 ? 1 : 0;
  for (int d = 0; d < tensor.ndim(); ++d) last += (tensor.size(d) - 1) * tensor.stride(d);
  Storage* owner = tensor->storage.get();
  owner->retain();
  return wrap(
      Storage::borrow(tensor.bytes(), std::max<int64_t>(last, 0) * item_size(tensor.dtype()),
                      owner->writable(), owner,
                      [](void* storage) { static_cast<Storage*>(storage)->release(); }),
      tensor.sizes(), tensor.strides(), tensor.dtype());
}

Tensor wrap(Ref<Storage> storage, const Dims& sizes, const Dims& strides, DType dtype) {
  const int64_t count = element_count("tensor", sizes);
  return make(std::move(storage), sizes, strides, dtype, 0, count, is_contiguous(sizes, strides));
}

void bump_version(const Tensor& tensor) {
  if (!tensor->untracked) tensor->storage->bump_version();
}

void check_writable(const char* op, const Tensor& tensor) {
  check(tensor->storage->writable(), op,
        "expected a tensor that may be written; its memory is a read-only array");
}

}  // namespace lamina

// A tensor: a strided window on a storage. It carries a slot for the autograd layer above, which it
// does not look into; arithmetic lives in ops.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "core/dtype.h"
#include "core/ref.h"
#include "core/shape.h"
#include "core/storage.h"

namespace lamina {

// What the autograd layer hangs on a tensor that takes part in a graph.
struct AutogradState {
  virtual ~AutogradState() = default;
};

struct TensorImpl final : RefCounted {
  Ref<Storage> storage;
  int64_t offset = 0;  // in elements
  int64_t count = 0;
  DType dtype = DType::kFloat32;
  bool contiguous = true;
  bool requires_grad = false;  // asked for by the user (a leaf) or inherited through `autograd`
  bool untracked = false;      // `.data`: changes do not make saved values stale
  Dims sizes;
  Dims strides;
  std::unique_ptr<AutogradState> autograd;
  void* python = nullptr;  // the Python object that wraps this tensor now, if one does
};

// A handle. Copies share the tensor; an empty handle stands for "no tensor" (an absent gradient).
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}

  explicit operator bool() const { return static_cast<bool>(impl_); }
  TensorImpl* impl() const { return impl_.get(); }
  TensorImpl* operator->() const { return impl_.get(); }
  bool same(const Tensor& other) const { return impl_ == other.impl_; }

  const Dims& sizes() const { return impl_->sizes; }
  const Dims& strides() const { return impl_->strides; }
  int ndim() const { return impl_->sizes.size(); }
  int64_t size(int dim) const { return impl_->sizes[dim]; }
  int64_t stride(int dim) const { return impl_->strides[dim]; }
  int64_t count() const { return impl_->count; }
  DType dtype() const { return impl_->dtype; }
  bool contiguous() const { return impl_->contiguous; }
  std::byte* bytes() const {
    return impl_->storage->data() + impl_->offset * item_size(impl_->dtype);
  }
  template <class T>
  T* data() const {
    return reinterpret_cast<T*>(bytes());
  }

 private:
  Ref<TensorImpl> impl_;
};

// Uninitialised and contiguous. The layers above fill it through exec::launch.
Tensor empty(const Dims& sizes, DType dtype);
inline Tensor empty_like(const Tensor& like) { return empty(like.sizes(), like.dtype()); }
// Another window on the same storage; offset in elements. Not recorded by autograd.
Tensor window(const Tensor& base, const Dims& sizes, const Dims& strides, int64_t offset);
// The same window without history: shares memory and version counter.
Tensor detach(const Tensor& tensor);
// The same memory under an identity of its own, beginning at offset 0; keeps the original alive.
Tensor alias(const Tensor& tensor);
// A tensor over a given storage.
Tensor wrap(Ref<Storage> storage, const Dims& sizes, const Dims& strides, DType dtype);

// Counts how often a tensor was given other memory (`x.data = y`), which makes recorded programs
// stale.
inline std::atomic<uint64_t> memory_exchanges{0};

// Marks an in-place change; refuses memory that is read-only.
void bump_version(const Tensor& tensor);
void check_writable(const char* op, const Tensor& tensor);

}  // namespace lamina

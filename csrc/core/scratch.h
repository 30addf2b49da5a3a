// Typed workspace for the duration of a scope, from the caching allocator; results belong in
// tensors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/allocator.h"

namespace lamina {

// 64-byte aligned, uninitialized; empty until reserve() is called, once.
template <class T>
class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(int64_t count) { reserve(count); }
  ~Scratch() {
    if (data_ != nullptr) deallocate(data_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* reserve(int64_t count) {
    bytes_ = static_cast<std::size_t>(count) * sizeof(T);
    return data_ = static_cast<T*>(allocate(bytes_));
  }
  T* data() const { return data_; }

 private:
  T* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace lamina

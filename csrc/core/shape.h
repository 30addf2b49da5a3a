// Sizes and strides: a small inline vector and the arithmetic on it. No memory, no tensors.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>

#include "core/error.h"

namespace lamina {

// More dimensions than any network needs, few enough to keep shapes on the stack.
inline constexpr int kMaxDims = 12;

// A vector of at most kMaxDims integers without allocation.
class Dims {
 public:
  Dims() = default;
  Dims(std::initializer_list<int64_t> values) : Dims(std::span(values.begin(), values.size())) {}
  explicit Dims(std::span<const int64_t> values) {
    for (int64_t value : values) push_back(value);
  }
  static Dims filled(int count, int64_t value) {
    Dims dims;
    for (int i = 0; i < count; ++i) dims.push_back(value);
    return dims;
  }

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int64_t& operator[](int i) { return values_[static_cast<size_t>(i)]; }
  int64_t operator[](int i) const { return values_[static_cast<size_t>(i)]; }
  int64_t back() const { return (*this)[size_ - 1]; }
  const int64_t* begin() const { return values_.data(); }
  const int64_t* end() const { return values_.data() + size_; }
  int64_t* begin() { return values_.data(); }
  int64_t* end() { return values_.data() + size_; }

  void push_back(int64_t value) {
    if (size_ == kMaxDims) fail("shape", "expected at most ", kMaxDims, " dimensions; got more");
    values_[static_cast<size_t>(size_++)] = value;
  }
  void insert(int position, int64_t value) {
    push_back(value);
    for (int i = size_ - 1; i > position; --i) (*this)[i] = (*this)[i - 1];
    (*this)[position] = value;
  }
  void erase(int position) {
    for (int i = position; i + 1 < size_; ++i) (*this)[i] = (*this)[i + 1];
    --size_;
  }

  bool operator==(const Dims& other) const {
    if (size_ != other.size_) return false;
    for (int i = 0; i < size_; ++i)
      if ((*this)[i] != other[i]) return false;
    return true;
  }

 private:
  int size_ = 0;
  std::array<int64_t, kMaxDims> values_{};
};

// Prints as Python prints a tuple: (), (3,), (2, 3).
std::ostream& operator<<(std::ostream& stream, const Dims& dims);

// The number of elements; an error that names `op` for negative sizes and for more than 2^60.
int64_t element_count(const char* op, const Dims& sizes);
Dims contiguous_strides(const Dims& sizes);
bool is_contiguous(const Dims& sizes, const Dims& strides);
// NumPy's broadcasting of two shapes; an error that names `op` and both shapes.
Dims broadcast(const char* op, const Dims& a, const Dims& b);
// The dimension counted from the front, for dim in [-ndim, ndim); 0-d tensors accept -1 and 0.
int wrap_dim(const char* op, int64_t dim, int ndim);
// Strides of the view that presents memory of `sizes`, `strides` as `target`; false if there is
// none.
bool view_strides(const Dims& sizes, const Dims& strides, const Dims& target, Dims& result);
// Replaces one -1 by what is left of `count`; checks that the product fits.
Dims infer_sizes(const char* op, const Dims& target, const Dims& from, int64_t count);

}  // namespace lamina

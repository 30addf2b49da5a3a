// Tensors on the memory of objects that offer a buffer.
#include <bit>
#include <cstring>
#include <memory>

#include "bindings/python_data.h"

namespace lamina::bindings {

namespace {

constexpr bool kLittleEndian = std::endian::native == std::endian::little;

// The buffer of a Python object, given back in the end. It may point into itself, so it never
// moves.
class HeldBuffer {
 public:
  explicit HeldBuffer(PyObject* object)
      : open_(PyObject_GetBuffer(object, &view_, PyBUF_RECORDS_RO) == 0) {
    if (!open_) PyErr_Clear();
  }
  ~HeldBuffer() {
    if (open_) PyBuffer_Release(&view_);
  }
  HeldBuffer(const HeldBuffer&) = delete;
  HeldBuffer& operator=(const HeldBuffer&) = delete;

  bool open() const { return open_; }
  const Py_buffer& view() const { return view_; }

  // The last tensor may go on any thread, or after the interpreter and all its objects.
  static void release(void* owner) {
    if (!Py_IsInitialized()) return;
    const py::gil_scoped_acquire lock;
    delete static_cast<HeldBuffer*>(owner);
  }

 private:
  Py_buffer view_{};
  bool open_;
};

std::optional<DType> dtype_of(const Py_buffer& view) {
  const char* format = view.format ? view.format : "B";
  if (*format == '@' || *format == '=' || *format == (kLittleEndian ? '<' : '>')) ++format;
  if (!*format || format[1]) return {};
  if (*format == '?') return DType::kBool;
  if (std::strchr("fd", *format)) return view.itemsize == 8 ? DType::kFloat64 : DType::kFloat32;
  if (std::strchr("bhilqn", *format)) {
    if (view.itemsize == 8) return DType::kInt64;
    if (view.itemsize == 4) return DType::kInt32;
  }
  if (*format == 'B') return DType::kUInt8;
  return {};
}

// Bytes from the first element to the end of the last.
int64_t extent(const Dims& sizes, const Dims& strides, DType dtype) {
  int64_t last = 0;
  for (int d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == 0) return 0;
    last += (sizes[d] - 1) * strides[d];
  }
  return (last + 1) * item_size(dtype);
}

}  // namespace

const char* buffer_format(DType dtype) {
  // NumPy's int64 is C's long where that has 64 bits.
  constexpr const char* kInt64 = sizeof(long) == 8 ? "l" : "q";
  constexpr const char* kFormats[kDTypeCount] = {"?", "B", "i", kInt64, "f", "d"};
  return kFormats[static_cast<int>(dtype)];
}

Tensor borrow_memory(const char* op, void* data, const Dims& sizes, const Dims& strides,
                     DType dtype, bool writable, void* owner, void (*release)(void* owner)) {
  const int64_t bytes = extent(sizes, strides, dtype);
  const Ref<Storage> storage = Storage::borrow(data, bytes, writable, owner, release);
  for (int64_t stride : strides)
    check(stride >= 0, op, "expected an array with positive strides; copy() it first");
  check(bytes == 0 ||
            reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(item_size(dtype)) == 0,
        op, "expected an array whose elements are aligned; copy() it first");
  return wrap(storage, sizes, strides, dtype);
}

Tensor borrow_buffer(const char* op, PyObject* array) {
  if (!PyObject_CheckBuffer(array)) return {};
  auto held = std::make_unique<HeldBuffer>(array);
  const Py_buffer& view = held->view();
  const std::optional<DType> dtype = held->open() ? dtype_of(view) : std::nullopt;
  // NumPy's dates offer bytes, and no strides although they were asked for.
  if (!dtype || (view.ndim > 0 && !view.strides)) return {};
  Dims sizes, strides;
  for (int d = 0; d < view.ndim; ++d) {
    sizes.push_back(view.shape[d]);
    check(view.strides[d] % view.itemsize == 0, op,
          "expected an array with strides of whole elements; copy() it first");
    strides.push_back(view.strides[d] / view.itemsize);
  }
  return borrow_memory(op, view.buf, sizes, strides, *dtype, !view.readonly, held.release(),
                       &HeldBuffer::release);
}

Tensor borrow_if_possible(const char* op, PyObject* array) {
  try {
    return borrow_buffer(op, array);
  } catch (const ValueError&) {
    return {};
  }
}

}  // namespace lamina::bindings

// Handing memory to other libraries and taking theirs, through DLPack capsules.
#include "bindings/dlpack.h"

#include "bindings/exchange.h"
#include "bindings/factory.h"
#include "bindings/python_data.h"
#include "ops/copy.h"

namespace lamina::bindings {

namespace {

using dlpack::Managed;
using dlpack::ManagedVersioned;

// ---- ours for them ----

dlpack::DataType data_type(DType dtype) {
  const auto bits = static_cast<uint8_t>(8 * item_size(dtype));
  if (dtype == DType::kBool) return {dlpack::kBool, bits, 1};
  if (dtype == DType::kUInt8) return {dlpack::kUInt, bits, 1};
  return {is_floating(dtype) ? dlpack::kFloat : dlpack::kInt, bits, 1};
}

// What a capsule points to, and what keeps it alive: the memory, and the numbers that `array`
// refers to.
template <class M>
struct Export {
  explicit Export(const Tensor& tensor)
      : storage(tensor->storage), sizes(tensor.sizes()), strides(tensor.strides()) {
    storage->expose();
  }
  ~Export() { storage->unexpose(); }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;

  M managed{};
  Ref<Storage> storage;
  Dims sizes;
  Dims strides;
};

template <class M>
void destroy_unused(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, M::kName)) return;
  auto* managed = static_cast<M*>(PyCapsule_GetPointer(capsule, M::kName));
  managed->deleter(managed);
}

template <class M>
py::object make_capsule(const Tensor& tensor, bool copied) {
  auto* made = new Export<M>(tensor);
  made->managed.context = made;
  made->managed.deleter = [](M* self) { delete static_cast<Export<M>*>(self->context); };
  made->managed.array = {tensor.bytes(),
                         {dlpack::kCpu, 0},
                         tensor.ndim(),
                         data_type(tensor.dtype()),
                         made->sizes.begin(),
                         made->strides.begin(),
                         0};
  if constexpr (std::is_same_v<M, ManagedVersioned>) {
    constexpr uint64_t kIsCopied = 2;
    made->managed.version = dlpack::kVersion;
    made->managed.flags =
        (tensor->storage->writable() ? 0 : dlpack::kReadOnly) | (copied ? kIsCopied : 0);
  }
  PyObject* capsule = PyCapsule_New(&made->managed, M::kName, &destroy_unused<M>);
  if (!capsule) {
    delete made;
    throw py::error_already_set();
  }
  return py::reinterpret_steal<py::object>(capsule);
}

py::object to_dlpack(const Tensor& self, const py::object& stream,
                     const std::optional<std::pair<int64_t, int64_t>>& max_version,
                     const std::optional<std::pair<int64_t, int64_t>>& dl_device,
                     std::optional<bool> copy) {
  check_exportable("__dlpack__", self);
  if (!stream.is_none()) throw py::buffer_error("[__dlpack__] a tensor on the CPU has no stream");
  if (dl_device && dl_device->first != dlpack::kCpu)
    throw py::buffer_error(
        "[__dlpack__] lamina computes on the CPU and cannot export to another device");
  const bool copied = copy.value_or(false);
  const Tensor shared = copied ? clone(detach(self)) : self;
  if (max_version && max_version->first >= dlpack::kVersion.major)
    return make_capsule<ManagedVersioned>(shared, copied);
  if (!shared->storage->writable())
    throw py::buffer_error(
        "[__dlpack__] read-only memory needs a consumer of DLPack 1.0; clone() the tensor");
  return make_capsule<Managed>(shared, copied);
}

// ---- theirs for us ----

std::optional<DType> dtype_of(dlpack::DataType type) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    const dlpack::DataType ours = data_type(dtype);
    if (type.code == ours.code && type.bits == ours.bits && type.lanes == 1) return dtype;
  }
  return {};
}

template <class M>
void release(void* owner) {
  auto* managed = static_cast<M*>(owner);
  if (managed->deleter) managed->deleter(managed);
}

// Takes the memory out of the capsule, which must not hand it out twice.
template <class M>
Tensor consume(PyObject* capsule) {
  auto* managed = static_cast<M*>(PyCapsule_GetPointer(capsule, M::kName));
  if (!managed) throw py::error_already_set();
  bool writable = true;
  if constexpr (std::is_same_v<M, ManagedVersioned>) {
    check(managed->version.major == dlpack::kVersion.major, "from_dlpack",
          "expected DLPack 1; got version ", managed->version.major);
    writable = !(managed->flags & dlpack::kReadOnly);
  }
  const dlpack::Array& array = managed->array;
  const std::optional<DType> dtype = dtype_of(array.dtype);
  check<TypeError>(dtype.has_value(), "from_dlpack", "expected one of lamina's types; got code ",
                   int{array.dtype.code}, " of ", int{array.dtype.bits}, " bits");
  check(array.device.type == dlpack::kCpu, "from_dlpack",
        "lamina computes on the CPU; got memory of device type ", array.device.type);
  const auto ndim = static_cast<size_t>(array.ndim);
  const Dims sizes(std::span<const int64_t>(array.shape, ndim));
  const Dims strides = array.strides ? Dims(std::span<const int64_t>(array.strides, ndim))
                                     : contiguous_strides(sizes);
  PyCapsule_SetName(capsule, M::kUsedName);
  return borrow_memory("from_dlpack", static_cast<std::byte*>(array.data) + array.byte_offset,
                       sizes, strides, *dtype, writable, managed, &release<M>);
}

py::object capsule_of(const py::object& source) {
  if (PyCapsule_CheckExact(source.ptr())) return source;
  check<TypeError>(py::hasattr(source, "__dlpack__") && py::hasattr(source, "__dlpack_device__"),
                   "from_dlpack", "expected an object with __dlpack__; got ",
                   Py_TYPE(source.ptr())->tp_name);
  const auto device = source.attr("__dlpack_device__")().cast<std::pair<int64_t, int64_t>>();
  check(device.first == dlpack::kCpu, "from_dlpack",
        "lamina computes on the CPU; got memory of device type ", device.first);
  try {
    const auto version = py::make_tuple(dlpack::kVersion.major, dlpack::kVersion.minor);
    return source.attr("__dlpack__")(py::arg("max_version") = version);
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_TypeError)) throw;  // else: a producer from before version 1.0
  }
  return source.attr("__dlpack__")();
}

Tensor from_dlpack(const py::object& source, const py::object& device, std::optional<bool> copy) {
  check_device("from_dlpack", device);
  const py::object capsule = capsule_of(source);
  const Tensor shared = PyCapsule_IsValid(capsule.ptr(), ManagedVersioned::kName)
                            ? consume<ManagedVersioned>(capsule.ptr())
                            : consume<Managed>(capsule.ptr());
  return copy.value_or(false) ? clone(shared) : shared;
}

}  // namespace

void bind_dlpack(py::module_& m) {
  method("__dlpack__", &to_dlpack, py::kw_only(), py::arg("stream") = py::none(),
         py::arg("max_version") = py::none(), py::arg("dl_device") = py::none(),
         py::arg("copy") = py::none());
  method("__dlpack_device__", [](const Tensor&) { return py::make_tuple(dlpack::kCpu, 0); });
  function(m, "from_dlpack", &from_dlpack, py::arg("ext_tensor"), py::kw_only(),
           py::arg("device") = py::none(), py::arg("copy") = py::none(),
           "A tensor on the memory of another library's array.");
}

}  // namespace lamina::bindings

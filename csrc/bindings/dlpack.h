// The DLPack ABI, as its specification lays it out: the layout of memory that libraries hand each
// other.
#pragma once

#include <cstdint>

namespace lamina::dlpack {

inline constexpr int32_t kCpu = 1;

struct Device {
  int32_t type;
  int32_t id;
};

enum TypeCode : uint8_t { kInt = 0, kUInt = 1, kFloat = 2, kBool = 6 };

struct DataType {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
};

// Strides count elements; null stands for a contiguous array.
struct Array {
  void* data;
  Device device;
  int32_t ndim;
  DataType dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
};

// Before version 1.0.
struct Managed {
  static constexpr const char* kName = "dltensor";
  static constexpr const char* kUsedName = "used_dltensor";

  Array array;
  void* context;
  void (*deleter)(Managed* self);
};

struct Version {
  uint32_t major;
  uint32_t minor;
};

inline constexpr Version kVersion = {1, 0};
inline constexpr uint64_t kReadOnly = 1;

struct ManagedVersioned {
  static constexpr const char* kName = "dltensor_versioned";
  static constexpr const char* kUsedName = "used_dltensor_versioned";

  Version version;
  void* context;
  void (*deleter)(ManagedVersioned* self);
  uint64_t flags;
  Array array;
};

}  // namespace lamina::dlpack

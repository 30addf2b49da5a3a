// Element types, their names and PyTorch's promotion lattice. Knows nothing of tensors.
#pragma once

#include <cstdint>
#include <string_view>

namespace lamina {

// In promotion order: the wider of two types of the same category is the larger value.
enum class DType : uint8_t { kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64 };
inline constexpr int kDTypeCount = 6;

enum class Category : uint8_t { kBool, kInteger, kFloating };

constexpr int64_t item_size(DType dtype) {
  constexpr int64_t kSizes[kDTypeCount] = {1, 1, 4, 8, 4, 8};
  return kSizes[static_cast<int>(dtype)];
}

constexpr Category category(DType dtype) {
  if (dtype == DType::kBool) return Category::kBool;
  return dtype < DType::kFloat32 ? Category::kInteger : Category::kFloating;
}

constexpr bool is_floating(DType dtype) { return dtype >= DType::kFloat32; }

constexpr std::string_view name(DType dtype) {
  constexpr std::string_view kNames[kDTypeCount] = {"bool",  "uint8",   "int32",
                                                    "int64", "float32", "float64"};
  return kNames[static_cast<int>(dtype)];
}

// The smallest type that holds both; uint8 with a signed type gives the signed one, as in PyTorch.
constexpr DType promote(DType a, DType b) { return a < b ? b : a; }

// The type that floats are made in when nothing else decides; see set_default_dtype.
DType default_dtype();
void set_default_dtype(DType dtype);

template <class T>
inline constexpr DType kDTypeOf = DType::kFloat32;
template <>
inline constexpr DType kDTypeOf<bool> = DType::kBool;
template <>
inline constexpr DType kDTypeOf<uint8_t> = DType::kUInt8;
template <>
inline constexpr DType kDTypeOf<int32_t> = DType::kInt32;
template <>
inline constexpr DType kDTypeOf<int64_t> = DType::kInt64;
template <>
inline constexpr DType kDTypeOf<float> = DType::kFloat32;
template <>
inline constexpr DType kDTypeOf<double> = DType::kFloat64;

// Calls f.template operator()<T>() with the C++ type of `dtype`.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kBool:
      return f.template operator()<bool>();
    case DType::kUInt8:
      return f.template operator()<uint8_t>();
    case DType::kInt32:
      return f.template operator()<int32_t>();
    case DType::kInt64:
      return f.template operator()<int64_t>();
    case DType::kFloat32:
      return f.template operator()<float>();
    case DType::kFloat64:
      break;
  }
  return f.template operator()<double>();
}

// The same for types that were checked to be floating.
template <class F>
decltype(auto) visit_floating(DType dtype, F&& f) {
  return dtype == DType::kFloat64 ? f.template operator()<double>()
                                  : f.template operator()<float>();
}

}  // namespace lamina

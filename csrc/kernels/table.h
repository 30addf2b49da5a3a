// The table of kernels that an ISA fills and ops call: one pointer a kernel and type, from the .def
// lists.
#pragma once

#include <cstdint>

#include "kernels/elementwise.h"
#include "kernels/gemm_block.h"
#include "kernels/index_loop.h"
#include "kernels/reduce.h"
#include "kernels/scan_block.h"
#include "kernels/softmax_block.h"
#include "kernels/strip.h"

namespace lamina {

// Position of a type in tables that are indexed by the element type's number.
template <class T>
inline constexpr int kDTypeIndex = -1;
template <>
inline constexpr int kDTypeIndex<bool> = 0;
template <>
inline constexpr int kDTypeIndex<uint8_t> = 1;
template <>
inline constexpr int kDTypeIndex<int32_t> = 2;
template <>
inline constexpr int kDTypeIndex<int64_t> = 3;
template <>
inline constexpr int kDTypeIndex<float> = 4;
template <>
inline constexpr int kDTypeIndex<double> = 5;

// y = (To) x over a strip; the two types stand for the place in KernelTable::cast[from][to].
using CastKernel = void(const Strip& strip, void* y, const void* x);

#define NUMBER_KERNEL(name, args)
template <class T>
struct FloatKernels {
  FloatElementwise<T> elementwise;
  GemmTiles gemm_tiles;
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/cumulative.def"
#include "kernels/gemm.def"
#include "kernels/random.def"
#include "kernels/softmax.def"
#undef FLOAT_KERNEL
};
#undef NUMBER_KERNEL

#define FLOAT_KERNEL(name, args)
template <class T>
struct NumberKernels {
  NumberElementwise<T> elementwise;
#define NUMBER_KERNEL(name, args) void(*name) args;
#include "kernels/arg_reduce.def"
#include "kernels/copy.def"
#include "kernels/cumulative.def"
#include "kernels/index.def"
#include "kernels/random.def"
#undef NUMBER_KERNEL
};
#undef FLOAT_KERNEL

#define NETWORK_FAMILY(name, Kernels) \
  template <class T>                  \
  struct Kernels;
#include "kernels/network_families.def"
#undef NETWORK_FAMILY

// The two forms of a family that is declared in a header of its own.
template <template <class> class Kernels>
struct FloatForms {
  const Kernels<float>* f32;
  const Kernels<double>* f64;

  template <class T>
  const Kernels<T>& get() const {
    if constexpr (kDTypeIndex<T> == 4)
      return *f32;
    else
      return *f64;
  }
};

struct KernelTable {
  const char* isa;
  FloatKernels<float> f32;
  FloatKernels<double> f64;
  NumberKernels<bool> b8;
  NumberKernels<uint8_t> u8;
  NumberKernels<int32_t> i32;
  NumberKernels<int64_t> i64;
  NumberKernels<float> n32;
  NumberKernels<double> n64;
  CastKernel* cast[6][6];
  ReduceKernel* reduce[6][static_cast<int>(ReduceOp::kCount)];

  // The kernels that exist for float and double, and those that exist for every type.
  template <class T>
  const FloatKernels<T>& get() const {
    if constexpr (kDTypeIndex<T> == 4)
      return f32;
    else
      return f64;
  }
  template <class T>
  const NumberKernels<T>& number() const {
    if constexpr (kDTypeIndex<T> == 0)
      return b8;
    else if constexpr (kDTypeIndex<T> == 1)
      return u8;
    else if constexpr (kDTypeIndex<T> == 2)
      return i32;
    else if constexpr (kDTypeIndex<T> == 3)
      return i64;
    else if constexpr (kDTypeIndex<T> == 4)
      return n32;
    else
      return n64;
  }

#define NETWORK_FAMILY(name, Kernels) \
  FloatForms<Kernels> name##_kernels; \
  template <class T>                  \
  const Kernels<T>& name() const {    \
    return name##_kernels.get<T>();   \
  }
#include "kernels/network_families.def"
#undef NETWORK_FAMILY

  template <class F>
  void each_number(F&& f) {
    f(b8), f(u8), f(i32), f(i64), f(n32), f(n64);
  }
};
}  // namespace lamina

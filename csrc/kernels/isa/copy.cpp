// Moving elements: strided copies between any two types, filling, choosing, counting.
#include "kernels/isa/elementwise.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

constexpr int64_t kTile = 16;

// Rows that are contiguous in one operand only: square tiles touch each cache line once.
template <class To, class From>
void copy_tiled(const Strip& strip, To* y, const From* x) {
  for (int64_t r0 = 0; r0 < strip.rows; r0 += kTile)
    for (int64_t c0 = 0; c0 < strip.n; c0 += kTile) {
      const int64_t r1 = r0 + kTile < strip.rows ? r0 + kTile : strip.rows;
      const int64_t c1 = c0 + kTile < strip.n ? c0 + kTile : strip.n;
      for (int64_t r = r0; r < r1; ++r)
        for (int64_t c = c0; c < c1; ++c)
          y[r * strip.outer[0] + c * strip.inner[0]] =
              static_cast<To>(x[r * strip.outer[1] + c * strip.inner[1]]);
    }
}

template <class To, class From>
void cast(const Strip& strip, void* to, const void* from) {
  auto* y = static_cast<To*>(to);
  auto* x = static_cast<const From*>(from);
  if (strip.inner[1] > 1 && strip.outer[1] < strip.inner[1] && strip.rows >= 4) {
    copy_tiled(strip, y, x);
    return;
  }
  map<ByElement>(strip, y, [](From v) { return static_cast<To>(v); }, Source<From>(x, strip, 1));
}

template <class T>
void fill(int64_t n, T* y, T value) {
  for (int64_t i = 0; i < n; ++i) y[i] = value;
}

// mask ? a : b in bits, as compilers make a branch of that, which is mispredicted half the time.
template <class T>
LAMINA_INLINE T blend(bool mask, T a, T b) {
  if constexpr (Scalar<T>) {
    return from_bits(blend(mask, to_bits(a), to_bits(b)));
  } else {
    const T chosen = static_cast<T>(mask ? ~T(0) : T(0));
    return static_cast<T>((a & chosen) | (b & ~chosen));
  }
}
template <>
LAMINA_INLINE bool blend(bool mask, bool a, bool b) {
  return (a & mask) | (b & !mask);
}

template <class T>
void where(const Strip& strip, T* y, const bool* mask, const T* a, const T* b) {
  map<ByElement>(
      strip, y, [](bool m, T u, T v) { return blend(m, u, v); }, Source<bool>(mask, strip, 1),
      Source<T>(a, strip, 2), Source<T>(b, strip, 3));
}

// first is the number of the first element, so that a range may be cut anywhere.
template <class T>
void arange(int64_t n, T* y, int64_t first, double start, double step) {
  for (int64_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(start + static_cast<double>(first + i) * step);
}

template <class T>
void fill_table(NumberKernels<T>& table) {
#define NUMBER_KERNEL(name, args) table.name = &name<T>;
#include "kernels/copy.def"
#undef NUMBER_KERNEL
}

template <class From>
void fill_casts(CastKernel** to) {
#define LAMINA_CAST(To) to[kDTypeIndex<To>] = &cast<To, From>;
  LAMINA_CAST(bool)
  LAMINA_CAST(uint8_t)
  LAMINA_CAST(int32_t)
  LAMINA_CAST(int64_t)
  LAMINA_CAST(float)
  LAMINA_CAST(double)
#undef LAMINA_CAST
}

}  // namespace

void fill_copy(KernelTable& table) {
  table.each_number([&]<class T>(NumberKernels<T>& numbers) {
    fill_table(numbers);
    fill_casts<T>(table.cast[kDTypeIndex<T>]);
  });
}

}  // namespace lamina::LAMINA_ISA_NS

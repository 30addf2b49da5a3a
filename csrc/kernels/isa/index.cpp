// Gather and scatter: elements at computed places, one at a time or as rows.
#include "kernels/isa/vec.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

// Calls f(element of tensor, element of values) in the order of the loop.
template <class T, class V, class F>
LAMINA_INLINE void walk(const IndexLoop& loop, T* tensor, const int64_t* index, V* values, F f) {
  const IndexAxis& inner = loop.inner;
  for (int64_t o = 0; o < loop.outer.size; ++o) {
    T* __restrict to = tensor + o * loop.outer.tensor;
    V* __restrict from = values + o * loop.outer.values;
    const int64_t* at = index + o * loop.outer.index;
    if (inner.index == 1 && inner.values == 1 && inner.tensor == 0 && loop.step == 1) {
      for (int64_t i = 0; i < inner.size; ++i) f(to[at[i]], from[i]);
      continue;
    }
    if (inner.index != 0) {
      for (int64_t i = 0; i < inner.size; ++i)
        f(to[i * inner.tensor + at[i * inner.index] * loop.step], from[i * inner.values]);
      continue;
    }
    to += *at * loop.step;
    if (inner.tensor == 1 && inner.values == 1)
      for (int64_t i = 0; i < inner.size; ++i) f(to[i], from[i]);
    else
      for (int64_t i = 0; i < inner.size; ++i) f(to[i * inner.tensor], from[i * inner.values]);
  }
}

template <class T>
void gather(const IndexLoop& loop, const T* tensor, const int64_t* index, T* values) {
  walk(loop, tensor, index, values, [](const T& element, T& value) { value = element; });
}

// A NaN, once there, stays; one that arrives wins.
#define LAMINA_SCATTER(name, expression)                                                         \
  template <class T>                                                                             \
  void scatter_##name(const IndexLoop& loop, T* tensor, const int64_t* index, const T* values) { \
    walk(loop, tensor, index, values, [](T& a, const T& b) { a = static_cast<T>(expression); }); \
  }
LAMINA_SCATTER(set, b)
LAMINA_SCATTER(add, a + b)
LAMINA_SCATTER(mul, a* b)
LAMINA_SCATTER(max, b > a || b != b ? b : a)
LAMINA_SCATTER(min, b < a || b != b ? b : a)
#undef LAMINA_SCATTER

template <class T>
void fill(NumberKernels<T>& table) {
#define NUMBER_KERNEL(name, args) table.name = &name<T>;
#include "kernels/index.def"
#undef NUMBER_KERNEL
}

}  // namespace

void fill_index(KernelTable& table) {
  table.each_number([](auto& numbers) { fill(numbers); });
}

}  // namespace lamina::LAMINA_ISA_NS

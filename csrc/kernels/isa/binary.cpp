// Runs the formulas of two operands, and comparisons.
#include "kernels/isa/binary_formulas.h"
#include "kernels/isa/elementwise.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

// y = f(x, one number a row).
template <class T, class F>
LAMINA_INLINE void map_with_number(const Strip& strip, T* y, const T* x, int64_t x_outer,
                                   const T* number, int64_t number_outer, F f) {
  for (int64_t row = 0; row < strip.rows; ++row) {
    const Vec<T> same(number[row * number_outer]);
    ByVector::run(
        strip.n, y + row * strip.outer[0], [&](Vec<T> v) { return f(v, same); }, x + row * x_outer);
  }
}

template <class Formula, class T>
void by_vector(const Strip& strip, T* y, const T* a, const T* b) {
  using V = Vec<T>;
  const bool adjacent = strip.inner[0] == 1;
  if (adjacent && strip.inner[1] == 1 && strip.inner[2] == 0)
    map_with_number(strip, y, a, strip.outer[1], b, strip.outer[2],
                    [](V v, V number) { return Formula::fwd(v, number); });
  else if (adjacent && strip.inner[1] == 0 && strip.inner[2] == 1)
    map_with_number(strip, y, b, strip.outer[2], a, strip.outer[1],
                    [](V v, V number) { return Formula::fwd(number, v); });
  else
    map<ByVector>(
        strip, y, [](V u, V v) { return Formula::fwd(u, v); }, Source<T>(a, strip, 1),
        Source<T>(b, strip, 2));
}

template <class Formula, class T>
void by_element(const Strip& strip, T* y, const T* a, const T* b) {
  map<ByElement>(
      strip, y, [](T u, T v) { return Formula::fwd(u, v); }, Source<T>(a, strip, 1),
      Source<T>(b, strip, 2));
}

template <class Formula, Domain kDomain, class T>
constexpr BinaryKernel<T>* choose() {
  constexpr bool kFloat = Scalar<T>;
  if constexpr (kFloat ? kDomain == Domain::kInteger : kDomain == Domain::kFloating)
    return nullptr;
  else if constexpr (kFloat && kDomain != Domain::kScalarAll)
    return &by_vector<Formula, T>;
  else
    return &by_element<Formula, T>;
}

#define COMPARE(name, expression)                                                         \
  template <class T>                                                                      \
  void compare_##name(const Strip& strip, bool* y, const T* left, const T* right) {       \
    map<ByElement>(                                                                       \
        strip, y, [](T a, T b) -> bool { return expression; }, Source<T>(left, strip, 1), \
        Source<T>(right, strip, 2));                                                      \
  }
#include "kernels/compare.def"
#undef COMPARE

template <class T>
void fill(NumberElementwise<T>& table) {
#define BINARY(name, Formula, domain) \
  table.binary[static_cast<int>(BinaryOp::name)] = choose<Formula, Domain::domain, T>();
#include "kernels/binary.def"
#undef BINARY
#define COMPARE(name, expression) \
  table.compare[static_cast<int>(CompareOp::name)] = &compare_##name<T>;
#include "kernels/compare.def"
#undef COMPARE
}

}  // namespace

void fill_binary(KernelTable& table) {
  table.each_number([](auto& numbers) { fill(numbers.elementwise); });
}

}  // namespace lamina::LAMINA_ISA_NS

// Runs the formulas of two operands, and comparisons.
#include "kernels/isa/binary_formulas.h"
#include "kernels/isa/elementwise.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

template <class Formula, class T>
void by_vector(const Strip& strip, T* y, const T* a, const T* b) {
  map<ByVector>(
      strip, y, [](Vec<T> u, Vec<T> v) { return Formula::fwd(u, v); }, Source<T>(a, strip, 1),
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

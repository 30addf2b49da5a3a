// Runs the formulas of one operand, forward and backward.
#include "kernels/isa/elementwise.h"
#include "kernels/isa/kernel_formulas.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

// The numbers of a scaled op in the kernel's own type.
template <class T>
struct Numbers {
  T values[3] = {};
  explicit Numbers(const double* p) {
    for (int i = 0; p && i < 3; ++i) values[i] = static_cast<T>(p[i]);
  }
};

template <class Formula, class T>
void unary_fwd(const Strip& strip, T* y, const T* x, const double* p) {
  const Numbers<T> numbers(p);
  map<ByVector>(
      strip, y, [&](Vec<T> v) { return Vec<T>(Formula::fwd(v, numbers.values)); },
      Source<T>(x, strip, 1));
}

template <class Formula, class T>
void unary_bwd(const Strip& strip, T* grad_x, const T* saved, const T* grad_y, const double* p) {
  const Numbers<T> numbers(p);
  map<ByVector>(
      strip, grad_x, [&](Vec<T> v, Vec<T> g) { return Vec<T>(Formula::bwd(v, g, numbers.values)); },
      Source<T>(saved, strip, 1), Source<T>(grad_y, strip, 2));
}

template <class Formula, class T>
void unary_number(const Strip& strip, T* y, const T* x, const double*) {
  const T* none = nullptr;
  map<ByElement>(
      strip, y, [&](T v) { return static_cast<T>(Formula::fwd(v, none)); }, Source<T>(x, strip, 1));
}

template <class T>
void fill(FloatElementwise<T>& table) {
#define UNARY(name, Formula, saves, on_integers)                             \
  table.unary_fwd[static_cast<int>(UnaryOp::name)] = &unary_fwd<Formula, T>; \
  if constexpr (Saves::saves != Saves::kZero)                                \
    table.unary_bwd[static_cast<int>(UnaryOp::name)] = &unary_bwd<Formula, T>;
#include "kernels/unary.def"
#undef UNARY
#define SCALED(name, Formula, saves)                                           \
  table.scaled_fwd[static_cast<int>(ScaledOp::name)] = &unary_fwd<Formula, T>; \
  table.scaled_bwd[static_cast<int>(ScaledOp::name)] = &unary_bwd<Formula, T>;
#include "kernels/scaled.def"
#undef SCALED
}

template <class Formula, class T, OnIntegers kRule>
void fill_one(NumberElementwise<T>& table, UnaryOp op) {
  if constexpr (kRule == OnIntegers::kKeep)
    table.unary_fwd[static_cast<int>(op)] = &unary_number<Formula, T>;
}

template <class T>
void fill(NumberElementwise<T>& table) {
#define UNARY(name, Formula, saves, on_integers) \
  fill_one<Formula, T, OnIntegers::on_integers>(table, UnaryOp::name);
#include "kernels/unary.def"
#undef UNARY
}

}  // namespace

void fill_unary(KernelTable& table) {
  fill(table.f32.elementwise);
  fill(table.f64.elementwise);
  fill(table.i64.elementwise);
  fill(table.i32.elementwise);
  fill(table.u8.elementwise);
}

}  // namespace lamina::LAMINA_ISA_NS

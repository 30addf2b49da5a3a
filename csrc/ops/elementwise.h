// Elementwise ops with broadcasting and promotion, forward and backward; in-place forms end in _.
#pragma once

#include "core/tensor.h"
#include "kernels/elementwise.h"

namespace lamina {

[[nodiscard]] Tensor unary(UnaryOp op, const Tensor& x);
void unary_(UnaryOp op, const Tensor& x);
[[nodiscard]] Tensor scaled(ScaledOp op, const Tensor& x, double p0, double p1, double p2 = 0);
void scaled_(ScaledOp op, const Tensor& x, double p0, double p1, double p2 = 0);
[[nodiscard]] Tensor binary(BinaryOp op, const Tensor& a, const Tensor& b);
void binary_(BinaryOp op, const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor compare(CompareOp op, const Tensor& a, const Tensor& b);
// mask ? a : b; the mask is of type bool.
[[nodiscard]] Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);
// x ** exponent, with the cheap cases (-2, -1, -1/2, 0, 1/2, 1, 2, 3) as products and roots.
[[nodiscard]] Tensor pow(const Tensor& x, double exponent);

// The type of a result of a and b, as PyTorch promotes: the highest category decides, and within it
// tensors with dimensions outrank those without.
DType result_type(const Tensor& a, const Tensor& b);
// A 0-d tensor of `dtype` that holds a plain number.
Tensor scalar(double value, DType dtype);
Tensor scalar(int64_t value, DType dtype);

// Arithmetic as it reads, for the gradients of ops.
#define UNARY(name, formula, saves, on_integers) \
  inline Tensor name(const Tensor& x) { return unary(UnaryOp::name, x); }
#include "kernels/unary.def"
#undef UNARY
#define BINARY(name, formula, domain) \
  inline Tensor name(const Tensor& a, const Tensor& b) { return binary(BinaryOp::name, a, b); }
#include "kernels/binary.def"
#undef BINARY

// The derivative of digamma of an order from 1 on.
inline Tensor polygamma(const Tensor& x, double order) {
  return scaled(ScaledOp::polygamma, x, order, 0);
}

inline Tensor operator-(const Tensor& a) { return neg(a); }
#define LAMINA_OPERATOR(symbol, function)                                                    \
  inline Tensor operator symbol(const Tensor& a, const Tensor& b) { return function(a, b); } \
  inline Tensor operator symbol(const Tensor& a, double b) {                                 \
    return function(a, scalar(b, a.dtype()));                                                \
  }                                                                                          \
  inline Tensor operator symbol(double a, const Tensor& b) {                                 \
    return function(scalar(a, b.dtype()), b);                                                \
  }
LAMINA_OPERATOR(+, add)
LAMINA_OPERATOR(-, sub)
LAMINA_OPERATOR(*, mul)
LAMINA_OPERATOR(/, div)
LAMINA_OPERATOR(|, bitwise_or)
LAMINA_OPERATOR(&, bitwise_and)
#undef LAMINA_OPERATOR

#define LAMINA_COMPARISON(symbol, name)                             \
  inline Tensor operator symbol(const Tensor& a, const Tensor& b) { \
    return compare(CompareOp::name, a, b);                          \
  }                                                                 \
  inline Tensor operator symbol(const Tensor& a, double b) { return a symbol scalar(b, a.dtype()); }
LAMINA_COMPARISON(==, eq)
LAMINA_COMPARISON(!=, ne)
LAMINA_COMPARISON(<, lt)
LAMINA_COMPARISON(<=, le)
LAMINA_COMPARISON(>, gt)
LAMINA_COMPARISON(>=, ge)
#undef LAMINA_COMPARISON

inline Tensor select(const Tensor& mask, const Tensor& a, const Tensor& b) {
  return where(mask, a, b);
}
inline Tensor select(const Tensor& mask, const Tensor& a, double b) {
  return where(mask, a, scalar(b, a.dtype()));
}
inline Tensor select(const Tensor& mask, double a, const Tensor& b) {
  return where(mask, scalar(a, b.dtype()), b);
}

}  // namespace lamina

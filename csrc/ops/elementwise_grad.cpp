#include "ops/elementwise_grad.h"

#include "ops/copy.h"
#include "ops/elementwise.h"

// The same formulas that kernels run on vectors, here on tensors: they are differentiable again.
#define LAMINA_ISA_NS on_tensors
#include "kernels/formulas.h"

namespace lamina {

namespace {

// Lets a formula write V(P(1)) for a constant.
template <class Formula>
Tensor composed(const Tensor& saved, const Tensor& grad, const double* p) {
  return Formula::bwd(saved, grad, p);
}

constexpr UnaryInfo kUnary[] = {
#define UNARY(name, Formula, saves, on_integers) \
  {#name, #name "_", Saves::saves, OnIntegers::on_integers, &composed<on_tensors::Formula>},
#include "kernels/unary.def"
#undef UNARY
};
constexpr UnaryInfo kScaled[] = {
#define SCALED(name, Formula, saves) \
  {#name, #name "_", Saves::saves, OnIntegers::kPromote, &composed<on_tensors::Formula>},
#include "kernels/scaled.def"
#undef SCALED
};

using In = const BinaryGradInputs&;
using Side = BinaryInfo::Side;
constexpr Side kNoGrad{nullptr, false, false, false};

Tensor pass(In in) { return in.grad; }
Tensor flat(In in) { return zeros(in.grad.sizes(), in.grad.dtype()); }
// Half to each where they are equal.
Tensor to_winner(In in, const Tensor& wins) {
  return select(wins, in.grad, select(in.a == in.b, in.grad * 0.5, 0.0));
}
Tensor pow_grad_base(In in) {
  return select(in.b == 0.0, 0.0, in.grad * in.b * pow(in.a, in.b - 1.0));
}
Tensor pow_grad_exponent(In in) {
  const Tensor flat = (in.a == 0.0) & (in.b >= 0.0);
  return in.grad * select(flat, 0.0, in.y * log(in.a));
}
Tensor atan2_grad(In in, const Tensor& other) {
  return in.grad * other / (in.a * in.a + in.b * in.b);
}

Side grad_a(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
    case BinaryOp::sub:
    case BinaryOp::fmod:
    case BinaryOp::remainder:
      return {&pass, false, false, false};
    case BinaryOp::mul:
      return {[](In in) { return in.grad * in.b; }, false, true, false};
    case BinaryOp::div:
      return {[](In in) { return in.grad / in.b; }, false, true, false};
    case BinaryOp::maximum:
      return {[](In in) { return to_winner(in, in.a > in.b); }, true, true, false};
    case BinaryOp::minimum:
      return {[](In in) { return to_winner(in, in.a < in.b); }, true, true, false};
    case BinaryOp::pow:
      return {&pow_grad_base, true, true, false};
    case BinaryOp::atan2:
      return {[](In in) { return atan2_grad(in, in.b); }, true, true, false};
    case BinaryOp::logaddexp:
      return {[](In in) { return in.grad * exp(in.a - in.y); }, true, false, true};
    case BinaryOp::prelu:
      return {[](In in) { return select(in.a > 0.0, in.grad, in.grad * in.b); }, true, true, false};
    case BinaryOp::floor_divide:
      return {&flat, false, false, false};
    default:
      return kNoGrad;
  }
}

Side grad_b(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
      return {&pass, false, false, false};
    case BinaryOp::sub:
      return {[](In in) { return -in.grad; }, false, false, false};
    case BinaryOp::mul:
      return {[](In in) { return in.grad * in.a; }, true, false, false};
    case BinaryOp::div:
      return {[](In in) { return -(in.grad * in.y / in.b); }, false, true, true};
    case BinaryOp::maximum:
      return {[](In in) { return to_winner(in, in.b > in.a); }, true, true, false};
    case BinaryOp::minimum:
      return {[](In in) { return to_winner(in, in.b < in.a); }, true, true, false};
    case BinaryOp::pow:
      return {&pow_grad_exponent, true, true, true};
    case BinaryOp::fmod:
      return {[](In in) { return -(in.grad * trunc(in.a / in.b)); }, true, true, false};
    case BinaryOp::remainder:
      return {[](In in) { return -(in.grad * floor(in.a / in.b)); }, true, true, false};
    case BinaryOp::atan2:
      return {[](In in) { return atan2_grad(in, -in.a); }, true, true, false};
    case BinaryOp::logaddexp:
      return {[](In in) { return in.grad * exp(in.b - in.y); }, false, true, true};
    case BinaryOp::prelu:
      return {[](In in) { return select(in.a > 0.0, 0.0, in.grad * in.a); }, true, false, false};
    case BinaryOp::floor_divide:
      return {&flat, false, false, false};
    default:
      return kNoGrad;
  }
}

}  // namespace

const UnaryInfo& info(UnaryOp op) { return kUnary[static_cast<int>(op)]; }
const UnaryInfo& info(ScaledOp op) { return kScaled[static_cast<int>(op)]; }

const BinaryInfo& info(BinaryOp op) {
  static const BinaryInfo table[] = {
#define BINARY(name, Formula, domain) \
  {#name, #name "_", Domain::domain, grad_a(BinaryOp::name), grad_b(BinaryOp::name)},
#include "kernels/binary.def"
#undef BINARY
  };
  return table[static_cast<int>(op)];
}

}  // namespace lamina

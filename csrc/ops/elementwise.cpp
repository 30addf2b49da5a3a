#include "ops/elementwise.h"

#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/elementwise_grad.h"
#include "ops/elementwise_map.h"
#include "ops/inplace.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

// --- one operand ---

// The numbers of a scaled op, by value in a body.
struct Numbers {
  double p[3] = {};
};

template <class T>
auto unary_call(UnaryKernel<T>* kernel, Numbers numbers) {
  return [kernel, numbers](const Strip& strip, const OperandPointers& at) {
    kernel(strip, reinterpret_cast<T*>(at[0]), reinterpret_cast<const T*>(at[1]), numbers.p);
  };
}

void run_unary(UnaryOp op, const Tensor& x, const Tensor& y, const Numbers& numbers) {
  const char* name = info(op).name;
  if (is_floating(x.dtype())) {
    const int64_t grain = info(op).on_integers == OnIntegers::kPromote ? kMathGrain : kCheapGrain;
    visit_floating(x.dtype(), [&]<class T>() {
      auto* kernel = kernels().get<T>().elementwise.unary_fwd[static_cast<int>(op)];
      launch_map(name, grain, y, unary_call<T>(kernel, numbers), x);
    });
    return;
  }
  visit(x.dtype(), [&]<class T>() {
    auto* kernel = kernels().number<T>().elementwise.unary_fwd[static_cast<int>(op)];
    check<TypeError>(kernel != nullptr, name, "is not defined for type ", lamina::name(x.dtype()));
    launch_map(name, kCheapGrain, y, unary_call<T>(kernel, numbers), x);
  });
}

void run_unary(ScaledOp op, const Tensor& x, const Tensor& y, const Numbers& numbers) {
  visit_floating(x.dtype(), [&]<class T>() {
    auto* kernel = kernels().get<T>().elementwise.scaled_fwd[static_cast<int>(op)];
    launch_map(info(op).name, kCheapGrain, y, unary_call<T>(kernel, numbers), x);
  });
}

template <class T>
auto* grad_kernel(UnaryOp op) {
  return kernels().get<T>().elementwise.unary_bwd[static_cast<int>(op)];
}
template <class T>
auto* grad_kernel(ScaledOp op) {
  return kernels().get<T>().elementwise.scaled_bwd[static_cast<int>(op)];
}

// The fused gradient, or, when it must be differentiable itself, the same formula on tensors.
template <class Op>
Tensor unary_grad(Op op, const Tensor& saved, const Tensor& grad, const Numbers& numbers) {
  if (autograd::grad_enabled) return info(op).grad(saved, grad, numbers.p);
  Tensor out = empty(grad.sizes(), grad.dtype());
  visit_floating(grad.dtype(), [&]<class T>() {
    auto call = [kernel = grad_kernel<T>(op), numbers](const Strip& strip,
                                                       const OperandPointers& at) {
      kernel(strip, reinterpret_cast<T*>(at[0]), reinterpret_cast<const T*>(at[1]),
             reinterpret_cast<const T*>(at[2]), numbers.p);
    };
    launch_map(info(op).name, kCheapGrain, out, call, saved, grad);
  });
  return out;
}

template <class Op>
Ref<autograd::Node> unary_node(Op op, const char* name, const Tensor& x, Saved saved,
                               const Numbers& numbers) {
  auto way_back = [op, saved = std::move(saved), numbers](Backward& b) {
    switch (info(op).saves) {
      case Saves::kZero:
        b.set(0, zeros(b.grad().sizes(), b.grad().dtype()));
        break;
      case Saves::kNothing:
        b.set(0, unary_grad(op, b.grad(), b.grad(), numbers));
        break;
      default:
        b.set(0, unary_grad(op, saved.get(b), b.grad(), numbers));
    }
  };
  return autograd::make_node(name, {&x}, std::move(way_back));
}

// What integers, or truth values, are already.
bool keeps(UnaryOp op, DType dtype) {
  return info(op).on_integers == OnIntegers::kIdentity ||
         (op == UnaryOp::sign && dtype == DType::kBool);
}
constexpr bool keeps(ScaledOp, DType) { return false; }

template <class Op>
Tensor map_unary(Op op, const Tensor& x, const Numbers& numbers) {
  const UnaryInfo& about = info(op);
  if (!is_floating(x.dtype())) {
    if (about.on_integers == OnIntegers::kPromote)
      return map_unary(op, cast(x, default_dtype()), numbers);
    if (keeps(op, x.dtype())) return clone(x);
  }
  Tensor y = empty(x.sizes(), x.dtype());
  run_unary(op, x, y, numbers);
  if (autograd::needs_grad(x)) {
    Saved saved = about.saves == Saves::kInput    ? Saved(x)
                  : about.saves == Saves::kOutput ? Saved::output(y)
                                                  : Saved();
    autograd::attach(y, unary_node(op, about.name, x, std::move(saved), numbers));
  }
  return y;
}

template <class Op>
void map_unary_(Op op, const Tensor& x, const Numbers& numbers) {
  const UnaryInfo& about = info(op);
  check_inplace(about.name_, x);
  if (!is_floating(x.dtype())) {
    check<TypeError>(about.on_integers != OnIntegers::kPromote, about.name_,
                     "expected a floating tensor, as the result is one; got ", name(x.dtype()));
    if (keeps(op, x.dtype())) return;
  }
  Ref<autograd::Node> node;
  if (autograd::needs_grad(x)) {
    // The old value is about to be overwritten. An output is saved by version, so mark the change
    // first.
    Saved saved;
    if (about.saves == Saves::kInput) saved = Saved(clone(x));
    if (about.saves == Saves::kOutput) saved = Saved::output(x).after_next_change();
    node = unary_node(op, about.name_, x, std::move(saved), numbers);
  }
  run_unary(op, x, x, numbers);
  finish_inplace(x, std::move(node));
}

// --- two operands ---

template <class T>
auto binary_call(BinaryKernel<T>* kernel) {
  return [kernel](const Strip& strip, const OperandPointers& at) {
    kernel(strip, reinterpret_cast<T*>(at[0]), reinterpret_cast<const T*>(at[1]),
           reinterpret_cast<const T*>(at[2]));
  };
}

void check_divisor(const char* name, const Tensor& b) {
  const Loop loop{&b};
  visit(b.dtype(), [&]<class T>() {
    exec::launch(name, {}, {&b}, [loop, name](exec::Buffers buffers) {
      auto refuse_zero = [name](const Strip& strip, const OperandPointers& p) {
        auto* value = reinterpret_cast<const T*>(p[0]);
        for (int64_t row = 0; row < strip.rows; ++row, value += strip.outer[0])
          for (int64_t i = 0; i < strip.n; ++i)
            check<ZeroDivision>(value[i * strip.inner[0]] != T(0), name,
                                "integer division by zero");
      };
      run(loop, buffers, 0, loop.parts(1).count, refuse_zero);
    });
  });
}

void run_binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& y) {
  const BinaryInfo& about = info(op);
  if (about.domain == Domain::kScalarAll && !is_floating(y.dtype())) check_divisor(about.name, b);
  visit(y.dtype(), [&]<class T>() {
    auto* kernel = kernels().number<T>().elementwise.binary[static_cast<int>(op)];
    check<TypeError>(kernel != nullptr, about.name, "is not defined for type ", name(y.dtype()));
    const int64_t grain = op <= BinaryOp::minimum ? kCheapGrain : kCostlyGrain;
    launch_map(about.name, grain, y, binary_call<T>(kernel), a, b);
  });
}

DType binary_dtype(BinaryOp op, const Tensor& a, const Tensor& b) {
  const BinaryInfo& about = info(op);
  const DType dtype = result_type(a, b);
  if (about.domain == Domain::kFloating && !is_floating(dtype)) return default_dtype();
  check<TypeError>(op != BinaryOp::sub || (a.dtype() != DType::kBool && b.dtype() != DType::kBool),
                   about.name, "is not defined for type bool; use ~ to invert, ^ for what differs");
  return dtype;
}

Ref<autograd::Node> binary_node(BinaryOp op, const char* name, const Tensor& a, const Tensor& b,
                                Saved saved_a, Saved saved_b, Saved saved_y) {
  auto way_back = [op, saved_a = std::move(saved_a), saved_b = std::move(saved_b),
                   saved_y = std::move(saved_y)](Backward& back) {
    const auto grad_of = [&](int input, const BinaryInfo::Side& side) {
      if (!back.needs(input)) return;
      const Tensor a_value = side.reads_a ? saved_a.get(back) : Tensor();
      const Tensor b_value = side.reads_b ? saved_b.get(back) : Tensor();
      const Tensor y_value = side.reads_y ? saved_y.get(back) : Tensor();
      back.set(input, side.grad({back.grad(), a_value, b_value, y_value}));
    };
    grad_of(0, info(op).a);
    grad_of(1, info(op).b);
  };
  return autograd::make_node(name, {&a, &b}, std::move(way_back));
}

// Which values the sides whose gradient is wanted will read.
struct Reads {
  bool a, b, y;
  Reads(const BinaryInfo& about, const Tensor& left, const Tensor& right) {
    const bool need_a = autograd::requires_grad(left);
    const bool need_b = autograd::requires_grad(right);
    a = (need_a && about.a.reads_a) || (need_b && about.b.reads_a);
    b = (need_a && about.a.reads_b) || (need_b && about.b.reads_b);
    y = (need_a && about.a.reads_y) || (need_b && about.b.reads_y);
  }
};

}  // namespace

DType result_type(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return a.dtype();
  // Among operands of one category only those with dimensions count, if there are any.
  const auto rank = [](const Tensor& t) {
    return 2 * static_cast<int>(category(t.dtype())) + (t.ndim() > 0 ? 1 : 0);
  };
  if (category(a.dtype()) == category(b.dtype()) && (a.ndim() > 0) != (b.ndim() > 0))
    return a.ndim() > 0 ? a.dtype() : b.dtype();
  if (category(a.dtype()) != category(b.dtype())) return rank(a) > rank(b) ? a.dtype() : b.dtype();
  return promote(a.dtype(), b.dtype());
}

Tensor unary(UnaryOp op, const Tensor& x) { return map_unary(op, x, {}); }
void unary_(UnaryOp op, const Tensor& x) { map_unary_(op, x, {}); }
Tensor scaled(ScaledOp op, const Tensor& x, double p0, double p1, double p2) {
  return map_unary(op, x, {{p0, p1, p2}});
}
void scaled_(ScaledOp op, const Tensor& x, double p0, double p1, double p2) {
  map_unary_(op, x, {{p0, p1, p2}});
}

Tensor binary(BinaryOp op, const Tensor& left, const Tensor& right) {
  const BinaryInfo& about = info(op);
  const DType dtype = binary_dtype(op, left, right);
  const Tensor a = cast(left, dtype);
  const Tensor b = cast(right, dtype);
  Tensor y = empty(a.sizes() == b.sizes() ? a.sizes() : broadcast(about.name, a.sizes(), b.sizes()),
                   dtype);
  run_binary(op, a, b, y);
  if (about.a.grad && autograd::needs_grad(a, b)) {
    const Reads reads(about, a, b);
    autograd::attach(
        y, binary_node(op, about.name, a, b, reads.a ? Saved(a) : Saved(),
                       reads.b ? Saved(b) : Saved(), reads.y ? Saved::output(y) : Saved()));
  }
  return y;
}

void binary_(BinaryOp op, const Tensor& a, const Tensor& right) {
  const BinaryInfo& about = info(op);
  check_inplace(about.name_, a);
  const DType dtype = binary_dtype(op, a, right);
  check<TypeError>(category(dtype) <= category(a.dtype()), about.name_, "a result of type ",
                   name(dtype), " cannot be stored in a tensor of type ", name(a.dtype()));
  check(right.sizes() == a.sizes() || broadcast(about.name_, a.sizes(), right.sizes()) == a.sizes(),
        about.name_, "expected an operand that broadcasts to shape ", a.sizes(), "; got ",
        right.sizes());
  if (dtype != a.dtype()) {
    copy_(a, binary(op, a, right));
    return;
  }
  Tensor b = cast(right, dtype);
  // An operand that overlaps the target must be read, and kept for the way back, before it is
  // written.
  const bool same_window = b->offset == a->offset && b.strides() == a.strides();
  if (b->storage == a->storage && (!same_window || autograd::needs_grad(a, b))) b = clone(b);
  Ref<autograd::Node> node;
  if (about.a.grad && autograd::needs_grad(a, b)) {
    const Reads reads(about, a, b);
    node = binary_node(op, about.name_, a, b, reads.a ? Saved(clone(a)) : Saved(),
                       reads.b ? Saved(b) : Saved(),
                       reads.y ? Saved::output(a).after_next_change() : Saved());
  }
  run_binary(op, a, b, a);
  finish_inplace(a, std::move(node));
}

Tensor pow(const Tensor& x, double exponent) {
  if (is_floating(x.dtype()) || exponent == 2.0) {
    if (exponent == 2.0) return square(x);
    if (exponent == 1.0) return clone(x);
    if (exponent == 3.0) return square(x) * x;
    if (exponent == 0.5) return sqrt(x);
    if (exponent == -0.5) return rsqrt(x);
    if (exponent == -1.0) return reciprocal(x);
    if (exponent == -2.0) return reciprocal(square(x));
  }
  return pow(x, scalar(exponent, x.dtype()));
}

namespace {
template <class Value>
Tensor make_scalar(Value value, DType dtype) {
  Tensor out = empty({}, dtype);
  visit(dtype, [&]<class T>() { *out.data<T>() = static_cast<T>(value); });
  return out;
}
}  // namespace

Tensor scalar(double value, DType dtype) { return make_scalar(value, dtype); }
Tensor scalar(int64_t value, DType dtype) { return make_scalar(value, dtype); }

}  // namespace lamina

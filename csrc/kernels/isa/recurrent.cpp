// The kernels of recurrent networks: each cell's formulas on a vector of hidden units. The products
// that give the sums of the gates belong to the driver in ops.
#include "kernels/recurrent.h"

#include "kernels/isa/kernel_formulas.h"
#include "kernels/isa/vec_walk.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

// Where a vector of hidden units lies: elements from the start in buffers of whole sequences, in
// that of results, in the others, and within the row.
struct Place {
  int64_t apart, out, beside, unit;
};

// The gates of a vector of hidden units: `gates` of them a row, each `hidden` wide.
template <int kGates, class T>
LAMINA_INLINE T* gates_at(T* gates, int64_t row, int64_t unit) {
  return gates + kGates * row + unit;
}

// The sum of a gate, from both shares and the bias.
template <class T, class Part>
LAMINA_INLINE Vec<T> gate_sum(const CellRows<T>& c, const T* gates, const T* product, Place at,
                              Part part, int k) {
  const int64_t column = k * c.hidden;
  return part.load(gates + column) + part.load(product + column) +
         part.load(c.bias + at.unit + column);
}

template <class T, class Part>
LAMINA_INLINE Vec<T> state_grad(const CellGradRows<T>& c, Place at, Part part) {
  const Vec<T> grad = part.load(c.grad_state + at.beside + at.unit);
  return c.grad_out ? grad + part.load(c.grad_out + at.apart + at.unit) : grad;
}

// h' = F(x + h)
template <class F>
struct PlainCell {
  static constexpr int kGates = 1;

  template <class T, class Part>
  static LAMINA_INLINE void fwd(const CellRows<T>& c, Place at, Part part) {
    T* gate = c.gates + at.apart + at.unit;
    const Vec<T> sum = gate_sum(c, gate, c.product + at.beside + at.unit, at, part, 0);
    const Vec<T> state = F::template fwd<T>(sum, nullptr);
    part.store(gate, state);
    part.store(c.out + at.out + at.unit, state);
  }

  template <class T, class Part>
  static LAMINA_INLINE void bwd(const CellGradRows<T>& c, Place at, Part part) {
    const int64_t i = at.apart + at.unit;
    part.store(c.grad_gates + i,
               F::template bwd<T>(part.load(c.gates + i), state_grad(c, at, part), nullptr));
  }
};

// i, f, o = sigmoid(x + h), g = tanh(x + h); c' = f c + i g; h' = o tanh(c')
struct LstmCell {
  static constexpr int kGates = 4;

  template <class T, class Part>
  static LAMINA_INLINE void fwd(const CellRows<T>& c, Place at, Part part) {
    using V = Vec<T>;
    T* gates = gates_at<kGates>(c.gates, at.apart, at.unit);
    const T* product = gates_at<kGates>(c.product, at.beside, at.unit);
    auto sum = [&](int k) __attribute__((always_inline)) {
      return gate_sum(c, gates, product, at, part, k);
    };
    const V i = sigmoid(sum(0)), f = sigmoid(sum(1)), g = tanh(sum(2)), o = sigmoid(sum(3));
    const V cell = fma(f, part.load(c.kept + at.apart + at.unit), i * g);
    part.store(gates, i);
    part.store(gates + c.hidden, f);
    part.store(gates + 2 * c.hidden, g);
    part.store(gates + 3 * c.hidden, o);
    part.store(c.cell + at.beside + at.unit, cell);
    part.store(c.out + at.out + at.unit, o * tanh(cell));
  }

  template <class T, class Part>
  static LAMINA_INLINE void bwd(const CellGradRows<T>& c, Place at, Part part) {
    using V = Vec<T>;
    const T* gates = gates_at<kGates>(c.gates, at.apart, at.unit);
    const V i = part.load(gates), f = part.load(gates + c.hidden),
            g = part.load(gates + 2 * c.hidden), o = part.load(gates + 3 * c.hidden);
    const V before = part.load(c.kept + at.apart + at.unit);
    const V shape = tanh(fma(f, before, i * g));
    const V grad = state_grad(c, at, part);
    T* grad_cell = c.grad_cell + at.beside + at.unit;
    const V through = part.load(grad_cell) + Tanh::bwd<T>(shape, grad * o, nullptr);
    T* out = gates_at<kGates>(c.grad_gates, at.apart, at.unit);
    part.store(out, Sigmoid::bwd<T>(i, through * g, nullptr));
    part.store(out + c.hidden, Sigmoid::bwd<T>(f, through * before, nullptr));
    part.store(out + 2 * c.hidden, Tanh::bwd<T>(g, through * i, nullptr));
    part.store(out + 3 * c.hidden, Sigmoid::bwd<T>(o, grad * shape, nullptr));
    part.store(grad_cell, through * f);
  }
};

// r, z = sigmoid(x + h), n = tanh(x + r h); h' = n + z (h - n)
struct GruCell {
  static constexpr int kGates = 3;

  template <class T, class Part>
  static LAMINA_INLINE void fwd(const CellRows<T>& c, Place at, Part part) {
    using V = Vec<T>;
    T* gates = gates_at<kGates>(c.gates, at.apart, at.unit);
    const T* product = gates_at<kGates>(c.product, at.beside, at.unit);
    const T* bias = c.bias + at.unit;
    const V r = sigmoid(gate_sum(c, gates, product, at, part, 0));
    const V z = sigmoid(gate_sum(c, gates, product, at, part, 1));
    const V share = part.load(product + 2 * c.hidden) + part.load(bias + 3 * c.hidden);
    const V n =
        tanh(fma(r, share, part.load(gates + 2 * c.hidden) + part.load(bias + 2 * c.hidden)));
    part.store(gates, r);
    part.store(gates + c.hidden, z);
    part.store(gates + 2 * c.hidden, n);
    part.store(c.kept + at.apart + at.unit, share);
    const V state = part.load(c.state + at.apart + at.unit);
    part.store(c.out + at.out + at.unit, fma(z, state - n, n));
  }

  template <class T, class Part>
  static LAMINA_INLINE void bwd(const CellGradRows<T>& c, Place at, Part part) {
    using V = Vec<T>;
    const T* gates = gates_at<kGates>(c.gates, at.apart, at.unit);
    const V r = part.load(gates), z = part.load(gates + c.hidden),
            n = part.load(gates + 2 * c.hidden);
    const V grad = state_grad(c, at, part);
    const V grad_n = Tanh::bwd<T>(n, grad * (V(T(1)) - z), nullptr);
    const V share = part.load(c.kept + at.apart + at.unit);
    const V grad_r = Sigmoid::bwd<T>(r, grad_n * share, nullptr);
    const V state = part.load(c.state + at.apart + at.unit);
    const V grad_z = Sigmoid::bwd<T>(z, grad * (state - n), nullptr);
    auto put = [&](T* to, V last) __attribute__((always_inline)) {
      to = gates_at<kGates>(to, at.apart, at.unit);
      part.store(to, grad_r);
      part.store(to + c.hidden, grad_z);
      part.store(to + 2 * c.hidden, last);
    };
    put(c.grad_gates, grad_n);
    put(c.grad_product, grad_n * r);
    part.store(c.grad_state + at.beside + at.unit, grad * z);
  }
};

// Calls f(place, part) for every vector of hidden units.
template <class T, class Rows, class F>
LAMINA_INLINE void each_unit(const Rows& c, int64_t out_spacing, F f) {
  for (int64_t i = 0; i < c.rows; ++i) {
    const int64_t row = i * c.hidden;
    walk<T>(c.hidden, [&](int64_t unit, auto part) {
      f(Place{row * c.spacing, row * out_spacing, row, unit}, part);
    });
  }
}

template <class Cell, class T>
LAMINA_INLINE void fwd(const CellRows<T>& c) {
  each_unit<T>(c, c.out_spacing, [&](Place at, auto part) { Cell::fwd(c, at, part); });
}

template <class Cell, class T>
LAMINA_INLINE void bwd(const CellGradRows<T>& c) {
  each_unit<T>(c, c.spacing, [&](Place at, auto part) { Cell::bwd(c, at, part); });
}

#define LAMINA_CELL(name, Cell)               \
  template <class T>                          \
  void name##_fwd(const CellRows<T>& c) {     \
    fwd<Cell>(c);                             \
  }                                           \
  template <class T>                          \
  void name##_bwd(const CellGradRows<T>& c) { \
    bwd<Cell>(c);                             \
  }
LAMINA_CELL(rnn_tanh, PlainCell<Tanh>)
LAMINA_CELL(rnn_relu, PlainCell<Relu>)
LAMINA_CELL(lstm, LstmCell)
LAMINA_CELL(gru, GruCell)
#undef LAMINA_CELL

template <class T>
constexpr RecurrentKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/recurrent.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_recurrent(KernelTable& table) {
  table.recurrent_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

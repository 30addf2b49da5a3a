#include "ops/linalg.h"

#include "autograd/node.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/gemm.h"
#include "ops/loop.h"
#include "ops/reduce.h"
#include "ops/view.h"

namespace lamina {

namespace {

using autograd::Backward;
using autograd::Saved;

Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }

void check_product(const char* op, const Tensor& a, const Tensor& b) {
  check<TypeError>(a.dtype() == b.dtype(), op, "expected two tensors of one type; got ",
                   name(a.dtype()), " and ", name(b.dtype()));
  check(a.size(a.ndim() - 1) == b.size(b.ndim() - 2), op, "expected ", a.size(a.ndim() - 1),
        " rows in the second operand, as many as the first has columns; got shapes ", a.sizes(),
        " and ", b.sizes());
}

// Strides and sizes of a stack of products, by value in a body.
struct ProductShape {
  int64_t batch, m, n, k;
  int64_t a_batch, a_row, a_col, b_batch, b_row, b_col;
};

ProductShape product_shape(const Tensor& a, const Tensor& b) {
  const bool stacked = a.ndim() == 3;
  const int d = stacked ? 1 : 0;
  return {stacked ? a.size(0) : 1,
          a.size(d),
          b.size(d + 1),
          a.size(d + 1),
          stacked ? a.stride(0) : 0,
          a.stride(d),
          a.stride(d + 1),
          stacked ? b.stride(0) : 0,
          b.stride(d),
          b.stride(d + 1)};
}

template <class T>
void run_product(const ProductShape& s, const T* a, const T* b, T* c, const Epilogue<T>& epilogue) {
  const MatrixView<T> left{a, s.a_row, s.a_col}, right{b, s.b_row, s.b_col};
  if (s.batch == 1)
    gemm(s.m, s.n, s.k, left, right, c, s.n, epilogue);
  else
    gemm_batched(s.batch, s.m, s.n, s.k, left, s.a_batch, right, s.b_batch, c, s.n, s.m * s.n,
                 epilogue);
}

// Integers have no fast path; they are rare and must only be exact.
template <class T>
void run_integer_product(const ProductShape& s, const T* a, const T* b, T* c) {
  parallel_for(s.batch * s.m, std::max<int64_t>(1, kCheapGrain / std::max<int64_t>(1, s.n * s.k)),
               [&](int64_t first, int64_t last) {
                 for (int64_t line = first; line < last; ++line) {
                   const int64_t batch = line / s.m, i = line % s.m;
                   for (int64_t j = 0; j < s.n; ++j) {
                     uint64_t sum = 0;
                     for (int64_t p = 0; p < s.k; ++p)
                       sum +=
                           static_cast<uint64_t>(a[batch * s.a_batch + i * s.a_row + p * s.a_col]) *
                           static_cast<uint64_t>(b[batch * s.b_batch + p * s.b_row + j * s.b_col]);
                     c[line * s.n + j] = static_cast<T>(sum);
                   }
                 }
               });
}

// Two matrices, or two stacks of as many matrices.
Tensor product(const char* op, const Tensor& a, const Tensor& b) {
  check_product(op, a, b);
  const ProductShape shape = product_shape(a, b);
  Tensor out = a.ndim() == 3 ? empty({shape.batch, shape.m, shape.n}, a.dtype())
                             : empty({shape.m, shape.n}, a.dtype());
  visit(a.dtype(), [&]<class T>() {
    exec::launch(op, {&out}, {&a, &b}, [shape](exec::Buffers buffers) {
      T* c = buffers.get<T>(0);
      if constexpr (std::is_floating_point_v<T>)
        run_product<T>(shape, buffers.get<T>(1), buffers.get<T>(2), c, {});
      else
        run_integer_product<T>(shape, buffers.get<T>(1), buffers.get<T>(2), c);
    });
  });
  if (autograd::needs_grad(a, b))
    autograd::record(op, out, {&a, &b}, [op, a = Saved(a), b = Saved(b)](Backward& back) {
      if (back.needs(0)) back.set(0, product(op, back.grad(), transposed(b.get(back))));
      if (back.needs(1)) back.set(1, product(op, transposed(a.get(back)), back.grad()));
    });
  return out;
}

Dims front(const Tensor& x) {
  Dims dims = x.sizes();
  dims.erase(dims.size() - 1);
  dims.erase(dims.size() - 1);
  return dims;
}

Dims with_matrix(Dims batch, int64_t rows, int64_t columns) {
  batch.push_back(rows);
  batch.push_back(columns);
  return batch;
}

// Stacks with broadcasting: one long stack of products.
Tensor product_of_stacks(const char* op, const Tensor& a, const Tensor& b) {
  check_product(op, a, b);
  const Dims batch = broadcast(op, front(a), front(b));
  const int64_t m = a.size(a.ndim() - 2), k = a.size(a.ndim() - 1), n = b.size(b.ndim() - 1);
  const int64_t count = element_count(op, batch);
  const Tensor stack_a = reshape(expand(a, with_matrix(batch, m, k)), {count, m, k});
  const Tensor stack_b = reshape(expand(b, with_matrix(batch, k, n)), {count, k, n});
  return view(product(op, stack_a, stack_b), with_matrix(batch, m, n));
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, const char* op) {
  check(a.ndim() > 0 && b.ndim() > 0, op, "expected tensors of at least one dimension; got shapes ",
        a.sizes(), " and ", b.sizes());
  if (a.ndim() == 2 && b.ndim() == 2) return product(op, a, b);
  if (a.ndim() == 1) return squeeze(matmul(unsqueeze(a, 0), b, op), Dims{b.ndim() == 1 ? -1 : -2});
  if (b.ndim() == 1) return squeeze(matmul(a, unsqueeze(b, 1), op), Dims{-1});
  if (b.ndim() == 2) {
    const int64_t k = a.size(a.ndim() - 1);
    check_product(op, a, b);
    const Tensor rows = reshape(a, {a.count() / std::max<int64_t>(k, 1), k});
    if (k > 0)
      return view(product(op, rows, b), with_matrix(front(a), a.size(a.ndim() - 2), b.size(1)));
  }
  return product_of_stacks(op, a, b);
}

Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) {
  check(a.ndim() == 2 && b.ndim() == 2, "addmm", "expected two matrices; got shapes ", a.sizes(),
        " and ", b.sizes());
  Tensor out = product("addmm", a, b);
  check(broadcast("addmm", input.sizes(), out.sizes()) == out.sizes(), "addmm",
        "expected an input that broadcasts to shape ", out.sizes(), "; got ", input.sizes());
  if (alpha != 1) out = out * alpha;
  return beta == 0 ? out : out + (beta == 1 ? input : input * beta);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(weight.ndim() == 2 && x.ndim() >= 1, "linear", "expected a weight of two dimensions; got ",
        weight.sizes());
  const int64_t in = weight.size(1), out_features = weight.size(0);
  check(x.size(x.ndim() - 1) == in, "linear", "expected an input whose last dimension is ", in,
        "; got shape ", x.sizes());
  check<TypeError>(
      x.dtype() == weight.dtype() && is_floating(x.dtype()) && (!bias || bias.dtype() == x.dtype()),
      "linear", "expected input, weight and bias of one floating type; got ", name(x.dtype()),
      " and ", name(weight.dtype()));
  check(!bias || bias.sizes() == Dims{out_features}, "linear", "expected a bias of shape ",
        Dims{out_features});
  Dims sizes = x.sizes();
  sizes[sizes.size() - 1] = out_features;
  const Tensor rows = x.ndim() == 2 ? x
                                    : reshape(x, {in > 0 ? x.count() / in
                                                         : element_count("linear", sizes) /
                                                               std::max<int64_t>(1, out_features),
                                                  in});
  const ProductShape shape = product_shape(rows, detach(transposed(detach(weight))));
  Tensor out = empty({rows.size(0), out_features}, x.dtype());
  const Tensor& addend = bias ? bias : weight;
  visit_floating(x.dtype(), [&]<class T>() {
    exec::launch("linear", {&out}, {&rows, &weight, &addend},
                 [shape, biased = static_cast<bool>(bias),
                  bias_stride = bias ? bias.stride(0) : 0](exec::Buffers buffers) {
                   Epilogue<T> epilogue;
                   if (biased) {
                     epilogue.bias = buffers.get<T>(3);
                     epilogue.bias_col_stride = bias_stride;
                   }
                   run_product<T>(shape, buffers.get<T>(1), buffers.get<T>(2), buffers.get<T>(0),
                                  epilogue);
                 });
  });
  if (autograd::needs_grad(rows, weight) || (bias && autograd::needs_grad(bias)))
    autograd::record("linear", out, {&rows, &weight, &bias},
                     [rows = Saved(rows), weight = Saved(weight)](Backward& back) {
                       const Tensor& grad = back.grad();
                       if (back.needs(0)) back.set(0, matmul(grad, weight.get(back)));
                       if (back.needs(1)) back.set(1, matmul(transposed(grad), rows.get(back)));
                       if (back.needs(2)) back.set(2, sum(grad, {0}, false));
                     });
  return x.ndim() == 2 ? out : view(out, sizes);
}

}  // namespace lamina

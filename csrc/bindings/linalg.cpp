// Products of matrices and vectors.
#include "ops/linalg.h"

#include <algorithm>

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

Tensor product_of(const char* name, int a_dims, int b_dims, const Tensor& a, const Tensor& b) {
  check(a.ndim() == a_dims && b.ndim() == b_dims, name, "expected tensors of ", a_dims, " and ",
        b_dims, " dimensions; got shapes ", a.sizes(), " and ", b.sizes());
  const bool fits = a.size(a_dims - 1) == b.size(std::max(0, b_dims - 2)) &&
                    (a_dims < 3 || a.size(0) == b.size(0));
  check(fits, name, "expected shapes whose product is defined; got ", a.sizes(), " and ",
        b.sizes());
  return matmul(a, b, name);
}

void bind_product(py::module_& m, const char* name, int a_dims, int b_dims, const char* second) {
  op(
      m, name,
      [=](const Tensor& input, const Tensor& other) {
        return product_of(name, a_dims, b_dims, input, other);
      },
      py::arg("input"), py::arg(second));
}

}  // namespace

void bind_linalg(py::module_& m) {
  op(
      m, "matmul", [](const Tensor& a, const Tensor& b) { return matmul(a, b); }, py::arg("input"),
      py::arg("other"));
  bind_product(m, "mm", 2, 2, "mat2");
  bind_product(m, "bmm", 3, 3, "mat2");
  bind_product(m, "mv", 2, 1, "vec");
  bind_product(m, "dot", 1, 1, "tensor");
  op(m, "addmm", &addmm, py::arg("input"), py::arg("mat1"), py::arg("mat2"), py::kw_only(),
     py::arg("beta") = 1.0, py::arg("alpha") = 1.0);
  function(
      m, "linear",
      [](const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) {
        return linear(input, weight, bias.value_or(Tensor()));
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none());
}

}  // namespace lamina::bindings

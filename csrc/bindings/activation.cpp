// Activations in lamina._core._nn: each takes the numbers p[0], p[1], p[2] of its formula, which
// formulas.h explains.
#include "bindings/bind.h"
#include "ops/draw.h"
#include "ops/elementwise.h"

namespace lamina::bindings {

namespace {

void bind_scaled(py::module_& nn, ScaledOp op, const char* name, const char* name_) {
  function(
      nn, name,
      [op, name](const Tensor& input, double p0, double p1, double p2) {
        check_floating(name, input);
        return scaled(op, input, p0, p1, p2);
      },
      py::arg("input"), py::arg("p0") = 0.0, py::arg("p1") = 0.0, py::arg("p2") = 0.0);
  function(
      nn, name_,
      [op](const Tensor& input, double p0, double p1, double p2) {
        scaled_(op, input, p0, p1, p2);
        return input;
      },
      py::arg("input"), py::arg("p0") = 0.0, py::arg("p1") = 0.0, py::arg("p2") = 0.0);
}

}  // namespace

void bind_activation(py::module_& nn) {
#define SCALED(name, Formula, saves) bind_scaled(nn, ScaledOp::name, #name, #name "_");
#include "kernels/scaled.def"
#undef SCALED
  function(nn, "prelu", &prelu, py::arg("input"), py::arg("weight"));
}

}  // namespace lamina::bindings

// Putting tensors together, taking them apart, rearranging their elements.
#include "ops/join.h"

#include <string>

#include "bindings/bind.h"
#include "ops/rearrange.h"
#include "ops/view.h"

namespace lamina::bindings {

namespace {

py::tuple as_tuple(const std::vector<Tensor>& tensors) {
  py::tuple result(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) result[i] = py::cast(tensors[i]);
  return result;
}

py::tuple broadcast_all(const py::args& shapes) {
  Dims result;
  for (const py::handle shape : shapes)
    result = broadcast("broadcast_shapes", result, shape.cast<Dims>());
  return py::reinterpret_steal<py::tuple>(size_tuple(result));
}

py::tuple split_evenly(const Tensor& x, int64_t size, int64_t dim) {
  return as_tuple(split(x, size, dim));
}
py::tuple split_in_sizes(const Tensor& x, const std::vector<int64_t>& sizes, int64_t dim) {
  return as_tuple(split(x, sizes, dim));
}

// f(1, 2) and f((1, 2)) mean the same.
Dims dims_from(const char* name, const py::args& args) {
  Dims dims;
  const py::object given = args.size() == 1 ? py::object(args[0]) : py::object(args);
  check<TypeError>(load_dims(given.ptr(), dims), name, "expected integers; got ",
                   py::repr(given).cast<std::string>());
  return dims;
}

Tensor roll_dims(const Tensor& x, const Dims& shifts, const std::optional<Dims>& dims) {
  if (!dims || dims->empty()) {
    check(shifts.size() == 1, "roll", "expected one shift if no dimension is given; got ", shifts);
    return reshape(roll(reshape(x, {-1}), shifts[0], 0), x.sizes());
  }
  check(shifts.size() == dims->size(), "roll", "expected as many shifts as dimensions; got ",
        shifts, " and ", *dims);
  Tensor out = x;
  for (int i = 0; i < shifts.size(); ++i) out = roll(out, shifts[i], (*dims)[i]);
  return out;
}

Tensor pad_by_mode(const Tensor& x, const Dims& amounts, const std::string& mode,
                   const std::optional<Number>& value) {
  if (mode == "constant") return pad(x, amounts, value ? value->as_double() : 0.0);
  check(!value || value->as_double() == 0, "pad", "expected a value with mode constant only; got ",
        mode);
  if (mode == "reflect") return pad(x, amounts, PadMode::kReflect);
  if (mode == "replicate") return pad(x, amounts, PadMode::kReplicate);
  if (mode == "circular") return pad(x, amounts, PadMode::kCircular);
  fail("pad", "expected mode to be constant, reflect, replicate or circular; got ", mode);
}

void bind_joins(py::module_& m) {
  const auto tensors = py::arg("tensors");
  const auto dim = py::arg("dim") = 0;
  for (const char* name : {"cat", "concat", "concatenate"})
    function(
        m, name, [](const std::vector<Tensor>& parts, int64_t d) { return cat(parts, d); }, tensors,
        dim);
  function(
      m, "stack", [](const std::vector<Tensor>& parts, int64_t d) { return stack(parts, d); },
      tensors, dim);
  function(m, "broadcast_shapes", &broadcast_all);
}

void bind_splits(py::module_& m) {
  const auto dim = py::arg("dim") = 0;
  function(m, "split", &split_evenly, py::arg("tensor"), py::arg("split_size_or_sections"), dim);
  function(m, "split", &split_in_sizes, py::arg("tensor"), py::arg("split_size_or_sections"), dim);
  method("split", &split_evenly, py::arg("split_size"), dim);
  method("split", &split_in_sizes, py::arg("split_size"), dim);
  op(m, "split_with_sizes", &split_in_sizes, py::arg("input"), py::arg("split_sizes"), dim);
  op(
      m, "chunk",
      [](const Tensor& x, int64_t chunks, int64_t d) { return as_tuple(chunk(x, chunks, d)); },
      py::arg("input"), py::arg("chunks"), dim);
  op(
      m, "unbind", [](const Tensor& x, int64_t d) { return as_tuple(unbind(x, d)); },
      py::arg("input"), dim);
}

void bind_orders(py::module_& m) {
  function(m, "flip", &flip, py::arg("input"), py::arg("dims"));
  method("flip",
         [](const Tensor& x, const py::args& dims) { return flip(x, dims_from("flip", dims)); });
  op(m, "roll", &roll_dims, py::arg("input"), py::arg("shifts"), py::arg("dims") = py::none());
  method("repeat", [](const Tensor& x, const py::args& repeats) {
    return repeat(x, dims_from("repeat", repeats));
  });
  method("unfold", &unfold, py::arg("dimension"), py::arg("size"), py::arg("step"));
}

void bind_matrices(py::module_& m) {
  op(m, "tril", &tril, py::arg("input"), py::arg("diagonal") = 0);
  op(m, "triu", &triu, py::arg("input"), py::arg("diagonal") = 0);
  op(m, "diag_embed", &diag_embed, py::arg("input"), py::arg("offset") = 0, py::arg("dim1") = -2,
     py::arg("dim2") = -1);
  function(m, "pad", &pad_by_mode, py::arg("input"), py::arg("pad"), py::arg("mode") = "constant",
           py::arg("value") = py::none());
}

}  // namespace

void bind_join(py::module_& m) {
  bind_joins(m);
  bind_splits(m);
  bind_orders(m);
  bind_matrices(m);
}

}  // namespace lamina::bindings

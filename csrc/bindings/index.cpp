// Reading and writing by index and by mask, by name; brackets stand in subscript.cpp.
#include "ops/index.h"

#include <string>

#include "bindings/bind.h"
#include "bindings/subscript.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/scatter.h"
#include "ops/view.h"

namespace lamina::bindings {

namespace {

// change(target, args...) alters its target: registered as name_ and, working on a copy, as name.
template <class... Args, class... Extra>
void changing(py::module_& m, const char* name, void (*change)(const Tensor&, Args...),
              const Extra&... extra) {
  op(
      m, name,
      [change](const Tensor& input, Args... args) {
        const Tensor out = clone(input);
        change(out, args...);
        return out;
      },
      py::arg("input"), extra...);
  method((std::string(name) + '_').c_str(),
         [change](const py::object& self, Args... args) {
           change(unwrap(self.ptr()), args...);
           return self;
         },
         extra...);
}

// The number as values of the shape of an index.
Tensor values_of(const Number& number, const Tensor& target, const Dims& sizes) {
  return expand(number.tensor(target.dtype()), sizes);
}

Scatter reduction(const char* op, const std::string& name) {
  constexpr std::pair<const char*, Scatter> kNames[] = {
      {"sum", Scatter::kAdd},      {"add", Scatter::kAdd},   {"prod", Scatter::kMul},
      {"multiply", Scatter::kMul}, {"mean", Scatter::kMean}, {"amax", Scatter::kMax},
      {"amin", Scatter::kMin}};
  for (const auto& [known, how] : kNames)
    if (name == known) return how;
  fail(op, "expected reduce to be sum, prod, mean, amax or amin; got ", name);
}

void scatter_tensor(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& src,
                    const std::optional<std::string>& reduce) {
  if (reduce)
    scatter_reduce_(target, dim, index, src, reduction("scatter", *reduce), true);
  else
    scatter_(target, dim, index, src, Scatter::kSet);
}

void scatter_number(const Tensor& target, int64_t dim, const Tensor& index, const Number& value,
                    const std::optional<std::string>& reduce) {
  scatter_tensor(target, dim, index, values_of(value, target, index.sizes()), reduce);
}

void scatter_add(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& src) {
  scatter_(target, dim, index, src, Scatter::kAdd);
}

void scatter_reduce(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& src,
                    const std::string& reduce, bool include_self) {
  scatter_reduce_(target, dim, index, src, reduction("scatter_reduce", reduce), include_self);
}

void index_add(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& source,
               const Number& alpha) {
  const bool plain = alpha.as_double() == 1;
  index_scatter_("index_add_", target, dim, index,
                 plain ? source : source * alpha.tensor(source.dtype()), Scatter::kAdd);
}

void index_copy(const Tensor& target, int64_t dim, const Tensor& index, const Tensor& source) {
  index_scatter_("index_copy_", target, dim, index, source, Scatter::kSet);
}

void index_fill(const Tensor& target, int64_t dim, const Tensor& index, const Number& value) {
  Dims sizes = target.sizes();
  if (target.ndim() > 0) sizes[wrap_dim("index_fill", dim, target.ndim())] = index.count();
  index_scatter_("index_fill_", target, dim, index, values_of(value, target, sizes), Scatter::kSet);
}

void index_put(const Tensor& target, const py::sequence& indices, const Tensor& values,
               bool accumulate) {
  set_index(target, parse_indices(py::tuple(indices).ptr()), values,
            accumulate ? Accumulate::kYes : Accumulate::kNo);
}

void fill_number(const Tensor& target, const Tensor& mask, const Number& value) {
  masked_fill_(target, mask, value.tensor(target.dtype()));
}

void scatter_masked(const Tensor& target, const Tensor& mask, const Tensor& source) {
  copy_(target, masked_scatter(target, mask, source));
}

py::tuple coordinates(const Tensor& x) {
  const Tensor rows = nonzero(x.ndim() == 0 ? reshape(x, {1}) : x);
  py::tuple columns(static_cast<size_t>(rows.size(1)));
  for (int d = 0; d < rows.size(1); ++d)
    columns[static_cast<size_t>(d)] = py::cast(select_index(rows, 1, d));
  return columns;
}

void bind_reading(py::module_& m) {
  op(
      m, "gather",
      [](const Tensor& x, int64_t dim, const Tensor& index, bool) { return gather(x, dim, index); },
      py::arg("input"), py::arg("dim"), py::arg("index"), py::kw_only(),
      py::arg("sparse_grad") = false);
  op(m, "index_select", &index_select, py::arg("input"), py::arg("dim"), py::arg("index"));
  op(m, "take", &take, py::arg("input"), py::arg("index"));
  op(m, "masked_select", &masked_select, py::arg("input"), py::arg("mask"));
  op(
      m, "nonzero",
      [](const Tensor& x, bool as_tuple) -> py::object {
        return as_tuple ? py::object(coordinates(x)) : py::cast(nonzero(x));
      },
      py::arg("input"), py::kw_only(), py::arg("as_tuple") = false);
  op(m, "argwhere", &nonzero, py::arg("input"));
  function(m, "where", &coordinates, py::arg("condition"));
}

void bind_writing(py::module_& m) {
  using py::arg;
  const auto reduce = arg("reduce") = py::none();
  changing(m, "scatter", &scatter_tensor, arg("dim"), arg("index"), arg("src"), py::kw_only(),
           reduce);
  changing(m, "scatter", &scatter_number, arg("dim"), arg("index"), arg("value"), py::kw_only(),
           reduce);
  changing(m, "scatter_add", &scatter_add, arg("dim"), arg("index"), arg("src"));
  changing(m, "scatter_reduce", &scatter_reduce, arg("dim"), arg("index"), arg("src"),
           arg("reduce"), py::kw_only(), arg("include_self") = true);
  changing(m, "index_add", &index_add, arg("dim"), arg("index"), arg("source"), py::kw_only(),
           arg("alpha") = 1);
  changing(m, "index_copy", &index_copy, arg("dim"), arg("index"), arg("source"));
  changing(m, "index_fill", &index_fill, arg("dim"), arg("index"), arg("value"));
  changing(m, "index_put", &index_put, arg("indices"), arg("values"), arg("accumulate") = false);
}

void bind_masks(py::module_& m) {
  using py::arg;
  op(m, "masked_fill", &masked_fill, arg("input"), arg("mask"), arg("value"));
  op(
      m, "masked_fill",
      [](const Tensor& x, const Tensor& mask, const Number& value) {
        return masked_fill(x, mask, value.tensor(x.dtype()));
      },
      arg("input"), arg("mask"), arg("value"));
  method(
      "masked_fill_",
      [](const py::object& self, const Tensor& mask, const Tensor& value) {
        masked_fill_(unwrap(self.ptr()), mask, value);
        return self;
      },
      arg("mask"), arg("value"));
  method(
      "masked_fill_",
      [](const py::object& self, const Tensor& mask, const Number& value) {
        fill_number(unwrap(self.ptr()), mask, value);
        return self;
      },
      arg("mask"), arg("value"));
  op(m, "masked_scatter", &masked_scatter, arg("input"), arg("mask"), arg("source"));
  method(
      "masked_scatter_",
      [](const py::object& self, const Tensor& mask, const Tensor& source) {
        scatter_masked(unwrap(self.ptr()), mask, source);
        return self;
      },
      arg("mask"), arg("source"));
}

}  // namespace

void bind_index(py::module_& m) {
  bind_subscript();
  bind_reading(m);
  bind_writing(m);
  bind_masks(m);
}

}  // namespace lamina::bindings

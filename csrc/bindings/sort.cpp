// Sorting, selecting by rank, searching.
#include "ops/sort.h"

#include <string>

#include "bindings/bind.h"

namespace lamina::bindings {

namespace {

py::object result(const char* name, const ValuesIndices& found) {
  return named(name, {"values", "indices"}, py::tuple(py::make_tuple(found.values, found.indices)));
}

bool is_right(bool right, const std::optional<std::string>& side) {
  if (!side) return right;
  check(*side == "left" || *side == "right", "searchsorted",
        "expected side to be left or right; got ", *side);
  check(!right || *side == "right", "searchsorted", "expected right=True and side to agree; got ",
        *side);
  return *side == "right";
}

void bind_sorting(py::module_& m) {
  const auto input = py::arg("input");
  const auto descending = py::arg("descending") = false;
  const auto stable = py::arg("stable") = false;  // it always is
  op(
      m, "sort",
      [](const Tensor& x, int64_t dim, bool down, bool) {
        return result("sort", sort(x, dim, down));
      },
      input, py::arg("dim") = -1, descending, stable);
  op(
      m, "argsort",
      [](const Tensor& x, int64_t dim, bool down, bool) { return argsort(x, dim, down); }, input,
      py::arg("dim") = -1, descending, stable);
  op(
      m, "topk",
      [](const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted) {
        return result("topk", topk(x, k, dim, largest, sorted));
      },
      input, py::arg("k"), py::arg("dim") = -1, py::arg("largest") = true,
      py::arg("sorted") = true);
}

template <NanPolicy kNan>
void bind_median(py::module_& m, const char* name) {
  op(m, name, [](const Tensor& x) { return median(x, kNan); }, py::arg("input"));
  op(
      m, name,
      [name](const Tensor& x, int64_t dim, bool keepdim) {
        return result(name, median(x, dim, keepdim, kNan));
      },
      py::arg("input"), py::arg("dim"), py::arg("keepdim") = false);
}

void bind_ranks(py::module_& m) {
  const auto input = py::arg("input");
  const auto keepdim = py::arg("keepdim") = false;
  op(
      m, "kthvalue",
      [](const Tensor& x, int64_t k, int64_t dim, bool keep) {
        return result("kthvalue", kthvalue(x, k, dim, keep));
      },
      input, py::arg("k"), py::arg("dim") = -1, keepdim);
  op(
      m, "mode",
      [](const Tensor& x, int64_t dim, bool keep) { return result("mode", mode(x, dim, keep)); },
      input, py::arg("dim") = -1, keepdim);
  bind_median<NanPolicy::kPropagate>(m, "median");
  bind_median<NanPolicy::kSkip>(m, "nanmedian");
}

void bind_search(py::module_& m) {
  function(
      m, "searchsorted",
      [](const Tensor& sorted, const Tensor& values, bool right,
         const std::optional<std::string>& side) {
        return searchsorted(sorted, values, is_right(right, side));
      },
      py::arg("sorted_sequence"), py::arg("input"), py::kw_only(), py::arg("right") = false,
      py::arg("side") = py::none());
  function(
      m, "searchsorted",
      [](const Tensor& sorted, const Number& value, bool right,
         const std::optional<std::string>& side) {
        return searchsorted(sorted, value.tensor(value.dtype_beside(sorted.dtype())),
                            is_right(right, side));
      },
      py::arg("sorted_sequence"), py::arg("input"), py::kw_only(), py::arg("right") = false,
      py::arg("side") = py::none());
  op(
      m, "bucketize",
      [](const Tensor& values, const Tensor& boundaries, bool right) {
        return searchsorted(boundaries, values, right);
      },
      py::arg("input"), py::arg("boundaries"), py::kw_only(), py::arg("right") = false);
}

}  // namespace

void bind_sort(py::module_& m) {
  bind_sorting(m);
  bind_ranks(m);
  bind_search(m);
}

}  // namespace lamina::bindings

// Reductions, softmax and running sums.
#include "ops/reduce.h"

#include <string>

#include "bindings/bind.h"
#include "ops/arg_reduce.h"
#include "ops/copy.h"
#include "ops/cumulative.h"
#include "ops/elementwise.h"
#include "ops/softmax.h"
#include "ops/view.h"

namespace lamina::bindings {

namespace {

using OptionalDims = std::optional<Dims>;
using OptionalDType = std::optional<DType>;

Dims dims_or_all(const OptionalDims& dim) { return dim.value_or(Dims{}); }

template <Tensor (*kOp)(const Tensor&, const Dims&, bool, OptionalDType)>
void bind_typed(py::module_& m, const char* name) {
  op(
      m, name,
      [](const Tensor& input, const OptionalDims& dim, bool keepdim, OptionalDType dtype) {
        return kOp(input, dims_or_all(dim), keepdim, dtype);
      },
      py::arg("input"), py::arg("dim") = py::none(), py::arg("keepdim") = false, py::kw_only(),
      py::arg("dtype") = py::none());
}

template <Tensor (*kOp)(const Tensor&, const Dims&, bool)>
void bind_plain(py::module_& m, const char* name) {
  op(
      m, name,
      [](const Tensor& input, const OptionalDims& dim, bool keepdim) {
        return kOp(input, dims_or_all(dim), keepdim);
      },
      py::arg("input"), py::arg("dim") = py::none(), py::arg("keepdim") = false);
}

// As PyTorch has it, no dimensions at all means none here, where for other reductions it means all.
template <Tensor (*kOp)(const Tensor&, const Dims&, bool)>
void bind_truth(py::module_& m, const char* name) {
  op(
      m, name,
      [](const Tensor& input, const OptionalDims& dim, bool keepdim) {
        if (dim && dim->empty()) return input != scalar(int64_t{0}, input.dtype());
        return kOp(input, dims_or_all(dim), keepdim);
      },
      py::arg("input"), py::arg("dim") = py::none(), py::arg("keepdim") = false);
}

template <Tensor (*kWhole)(const Tensor&, const Dims&, bool), BinaryOp kOfTwo>
void bind_extreme(py::module_& m, const char* name,
                  ValuesIndices (*along)(const Tensor&, int64_t, bool)) {
  op(
      m, name,
      [name](const Tensor& input) {
        check(input.count() > 0, name, "expected at least one element; got shape ", input.sizes());
        return kWhole(input, {}, false);
      },
      py::arg("input"));
  // Before the form with dim, which would take a 0-d tensor for an index.
  op(
      m, name,
      [](const Tensor& input, const Tensor& other) { return binary(kOfTwo, input, other); },
      py::arg("input"), py::arg("other"));
  op(
      m, name,
      [name, along](const Tensor& input, int64_t dim, bool keepdim) {
        const ValuesIndices found = along(input, dim, keepdim);
        return named(name, {"values", "indices"}, found.values, found.indices);
      },
      py::arg("input"), py::arg("dim"), py::arg("keepdim") = false);
}

void bind_position(py::module_& m, const char* name, Tensor (*whole)(const Tensor&),
                   Tensor (*along)(const Tensor&, int64_t, bool)) {
  op(
      m, name,
      [=](const Tensor& input, std::optional<int64_t> dim, bool keepdim) {
        if (dim) return along(input, *dim, keepdim);
        return keepdim ? view(whole(input), Dims::filled(input.ndim(), 1)) : whole(input);
      },
      py::arg("input"), py::arg("dim") = py::none(), py::arg("keepdim") = false);
}

using Spread = Tensor (*)(const Tensor&, const Dims&, double, bool);

// f(input, dims, correction, keepdim) under the three signatures of PyTorch.
template <class F>
void bind_spread(py::module_& m, const char* name, F f) {
  op(
      m, name,
      [f](const Tensor& input, bool unbiased) {
        return f(input, Dims{}, unbiased ? 1.0 : 0.0, false);
      },
      py::arg("input"), py::arg("unbiased").noconvert());
  op(
      m, name,
      [f](const Tensor& input, const OptionalDims& dim, bool unbiased, bool keepdim) {
        return f(input, dims_or_all(dim), unbiased ? 1.0 : 0.0, keepdim);
      },
      py::arg("input"), py::arg("dim"), py::arg("unbiased").noconvert(),
      py::arg("keepdim") = false);
  op(
      m, name,
      [f](const Tensor& input, const OptionalDims& dim, const Number& correction, bool keepdim) {
        return f(input, dims_or_all(dim), correction.as_double(), keepdim);
      },
      py::arg("input"), py::arg("dim") = py::none(), py::kw_only(), py::arg("correction") = 1,
      py::arg("keepdim") = false);
}

template <Spread kSpread>
std::pair<Tensor, Tensor> with_mean(const Tensor& input, const Dims& dims, double correction,
                                    bool keepdim) {
  return {kSpread(input, dims, correction, keepdim), mean(input, dims, keepdim)};
}

void bind_norm(py::module_& m) {
  const auto run = [](const Tensor& input, double p, const OptionalDims& dim, bool keepdim,
                      OptionalDType dtype) {
    return norm(dtype ? cast(input, *dtype) : input, p, dims_or_all(dim), keepdim);
  };
  op(
      m, "norm",
      [run](const Tensor& input, const Number& p, const OptionalDims& dim, bool keepdim,
            OptionalDType dtype) { return run(input, p.as_double(), dim, keepdim, dtype); },
      py::arg("input"), py::arg("p") = 2, py::arg("dim") = py::none(), py::arg("keepdim") = false,
      py::arg("dtype") = py::none());
  op(
      m, "norm",
      [run](const Tensor& input, const std::string& p, const OptionalDims& dim, bool keepdim,
            OptionalDType dtype) {
        check(p == "fro", "norm", "expected p as a number or \"fro\"; got \"", p, '"');
        return run(input, 2, dim, keepdim, dtype);
      },
      py::arg("input"), py::arg("p"), py::arg("dim") = py::none(), py::arg("keepdim") = false,
      py::arg("dtype") = py::none());
}

template <Tensor (*kOp)(const Tensor&, int64_t, OptionalDType)>
void bind_along(py::module_& m, const char* name) {
  op(m, name, kOp, py::arg("input"), py::arg("dim"), py::arg("dtype") = py::none());
}

}  // namespace

void bind_reduce(py::module_& m) {
  bind_typed<&sum>(m, "sum");
  bind_typed<&nansum>(m, "nansum");
  bind_typed<&mean>(m, "mean");
  bind_typed<&prod>(m, "prod");
  bind_plain<&amax>(m, "amax");
  bind_plain<&amin>(m, "amin");
  bind_truth<&any>(m, "any");
  bind_truth<&all>(m, "all");
  bind_plain<&logsumexp>(m, "logsumexp");
  op(
      m, "count_nonzero",
      [](const Tensor& input, const OptionalDims& dim) {
        return count_nonzero(input, dims_or_all(dim));
      },
      py::arg("input"), py::arg("dim") = py::none());
  bind_extreme<&amax, BinaryOp::maximum>(m, "max", &max);
  bind_extreme<&amin, BinaryOp::minimum>(m, "min", &min);
  bind_position(m, "argmax", &argmax, &argmax);
  bind_position(m, "argmin", &argmin, &argmin);
  bind_spread(m, "var", &var);
  bind_spread(m, "std", &std);
  bind_spread(m, "var_mean", &with_mean<&var>);
  bind_spread(m, "std_mean", &with_mean<&std>);
  bind_norm(m);
  bind_along<&softmax>(m, "softmax");
  bind_along<&log_softmax>(m, "log_softmax");
  bind_along<&cumsum>(m, "cumsum");
  bind_along<&cumprod>(m, "cumprod");
  op(m, "logcumsumexp", &logcumsumexp, py::arg("input"), py::arg("dim"));
}

}  // namespace lamina::bindings

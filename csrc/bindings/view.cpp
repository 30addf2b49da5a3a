// Shapes, views, copies and conversions.
#include "ops/view.h"

#include "bindings/bind.h"
#include "bindings/factory.h"
#include "bindings/sizes.h"
#include "ops/copy.h"

namespace lamina::bindings {

namespace {

template <class F>
void bind_sizes(const char* name, F f) {
  method(name, [name, f](const Tensor& self, const py::args& sizes) {
    return f(self, sizes_of(name, sizes));
  });
}

Tensor flatten(const Tensor& x, int64_t start_dim, int64_t end_dim) {
  const int first = wrap_dim("flatten", start_dim, x.ndim());
  const int last = wrap_dim("flatten", end_dim, x.ndim());
  check(first <= last, "flatten", "expected start_dim not after end_dim; got ", start_dim, " and ",
        end_dim);
  if (x.ndim() == 0) return reshape(x, {1});
  if (first == last) return x;
  Dims sizes;
  int64_t run = 1;
  for (int d = 0; d < x.ndim(); ++d) {
    run *= x.size(d);
    if (d >= first && d < last) continue;
    sizes.push_back(run);
    run = 1;
  }
  return reshape(x, sizes);
}

Tensor unflatten(const Tensor& x, int64_t dim, const Dims& sizes) {
  const int at = wrap_dim("unflatten", dim, x.ndim());
  const Dims parts = infer_sizes("unflatten", sizes, Dims{x.size(at)}, x.size(at));
  Dims result;
  for (int d = 0; d < x.ndim(); ++d) {
    if (d != at) result.push_back(x.size(d));
    for (int64_t part : parts)
      if (d == at) result.push_back(part);
  }
  return view(x, result);
}

Tensor matrix_transpose(const char* name, const Tensor& x, bool exactly_two) {
  check(exactly_two ? x.ndim() <= 2 : x.ndim() >= 2, name, "expected ",
        exactly_two ? "at most" : "at least", " two dimensions; got shape ", x.sizes());
  return x.ndim() < 2 ? x : transpose(x, -2, -1);
}

void property(const char* name, Tensor (*get)(const Tensor&)) {
  detail::tensor_class().attr(name) =
      py::module_::import("builtins").attr("property")(py::cpp_function(get));
}

void bind_geometry() {
  method(
      "size",
      [](const Tensor& self, const std::optional<int64_t>& dim) -> py::object {
        if (!dim) return py::cast(self.sizes());
        check<IndexError>(self.ndim() > 0, "size", "a 0-d tensor has no dimensions");
        return py::int_(self.size(wrap_dim("size", *dim, self.ndim())));
      },
      py::arg("dim") = py::none());
  method(
      "stride",
      [](const Tensor& self, const std::optional<int64_t>& dim) -> py::object {
        if (dim) return py::int_(self.stride(wrap_dim("stride", *dim, self.ndim())));
        py::tuple strides(self.ndim());
        for (int d = 0; d < self.ndim(); ++d) strides[static_cast<size_t>(d)] = self.stride(d);
        return strides;
      },
      py::arg("dim") = py::none());
  method("dim", [](const Tensor& self) { return self.ndim(); });
  method("numel", [](const Tensor& self) { return self.count(); });
  method("nelement", [](const Tensor& self) { return self.count(); });
  method("element_size", [](const Tensor& self) { return item_size(self.dtype()); });
  method("storage_offset", [](const Tensor& self) { return self->offset; });
  method("data_ptr", [](const Tensor& self) {
    self->storage->expose_for_good();
    return reinterpret_cast<intptr_t>(self.bytes());
  });
  method("is_contiguous", [](const Tensor& self) { return self.contiguous(); });
  method("is_floating_point", [](const Tensor& self) { return is_floating(self.dtype()); });
}

void bind_views(py::module_& m) {
  bind_sizes("view", &view);
  bind_sizes("expand", [](const Tensor& x, const Dims& sizes) { return expand(x, sizes); });
  bind_sizes("permute", &permute);
  bind_sizes("reshape", &reshape);
  function(m, "reshape", &reshape, py::arg("input"), py::arg("shape"));
  function(m, "permute", &permute, py::arg("input"), py::arg("dims"));
  const auto broadcast_to = [](const Tensor& x, const Dims& size) {
    return expand(x, size, "broadcast_to");
  };
  function(m, "broadcast_to", broadcast_to, py::arg("input"), py::arg("size"));
  bind_sizes("broadcast_to", broadcast_to);
  op(m, "transpose", &transpose, py::arg("input"), py::arg("dim0"), py::arg("dim1"));
  op(m, "t", [](const Tensor& x) { return matrix_transpose("t", x, true); }, py::arg("input"));
  op(m, "unsqueeze", &unsqueeze, py::arg("input"), py::arg("dim"));
  op(
      m, "squeeze",
      [](const Tensor& x, const std::optional<Dims>& dim) {
        return dim ? squeeze(x, *dim) : squeeze(x);
      },
      py::arg("input"), py::arg("dim") = py::none());
  op(m, "flatten", &flatten, py::arg("input"), py::arg("start_dim") = 0, py::arg("end_dim") = -1);
  op(m, "unflatten", &unflatten, py::arg("input"), py::arg("dim"), py::arg("sizes"));
  op(m, "narrow", &narrow, py::arg("input"), py::arg("dim"), py::arg("start"), py::arg("length"));
  op(
      m, "select",
      [](const Tensor& x, int64_t dim, int64_t index) {
        return select_index(x, dim, index, "select");
      },
      py::arg("input"), py::arg("dim"), py::arg("index"));
  op(m, "diagonal", &diagonal, py::arg("input"), py::arg("offset") = 0, py::arg("dim1") = 0,
     py::arg("dim2") = 1);
  op(
      m, "as_strided",
      [](const Tensor& x, const Dims& size, const Dims& stride,
         const std::optional<int64_t>& offset) {
        return as_strided(x, size, stride, offset.value_or(x->offset));
      },
      py::arg("input"), py::arg("size"), py::arg("stride"), py::arg("storage_offset") = py::none());
  property("T", [](const Tensor& x) {
    Dims reversed;
    for (int d = x.ndim() - 1; d >= 0; --d) reversed.push_back(d);
    return permute(x, reversed);
  });
  property("mT", [](const Tensor& x) { return matrix_transpose("mT", x, false); });
}

void bind_copies(py::module_& m) {
  op(
      m, "clone",
      [](const Tensor& input, const py::object& memory_format) {
        check_memory_format("clone", memory_format);
        return clone(input);
      },
      py::arg("input"), py::kw_only(), py::arg("memory_format") = py::none());
  method(
      "contiguous",
      [](const py::object& self, const py::object& memory_format) {
        check_memory_format("contiguous", memory_format);
        const Tensor x = unwrap(self.ptr());
        return x.contiguous() ? self : py::cast(contiguous(x));
      },
      py::arg("memory_format") = py::none());
  method(
      "_cast",
      [](const py::object& self, DType dtype, bool copy, const py::object& memory_format) {
        check_memory_format("to", memory_format);
        const Tensor x = unwrap(self.ptr());
        if (x.dtype() != dtype) return py::cast(cast(x, dtype));
        return copy ? py::cast(clone(x)) : self;
      },
      py::arg("dtype"), py::arg("copy") = false, py::arg("memory_format") = py::none());
  method(
      "copy_",
      [](const py::object& self, const Tensor& source, bool) {
        copy_(unwrap(self.ptr()), source);
        return self;
      },
      py::arg("src"), py::arg("non_blocking") = false);
  method(
      "fill_",
      [](const py::object& self, const Number& value) {
        const Tensor x = unwrap(self.ptr());
        if (value.category == Category::kFloating)
          fill_(x, value.real);
        else
          fill_(x, value.integer);
        return self;
      },
      py::arg("value"));
  method(
      "fill_",
      [](const py::object& self, const Tensor& value) {
        check(value.ndim() == 0, "fill_", "expected a number or a 0-d tensor; got shape ",
              value.sizes());
        copy_(unwrap(self.ptr()), value);
        return self;
      },
      py::arg("value"));
  method("zero_", [](const py::object& self) {
    zero_(unwrap(self.ptr()));
    return self;
  });
}

}  // namespace

void bind_view(py::module_& m) {
  bind_geometry();
  bind_views(m);
  bind_copies(m);
}

}  // namespace lamina::bindings

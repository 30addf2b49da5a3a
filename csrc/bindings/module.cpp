// The Python module lamina._core: the types first, then one line per area.
#include "bindings/bind.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "ops/install.h"

namespace lamina::bindings {

namespace {

// As PyTorch prints max(): a value a line.
std::string text_of_result(const py::tuple& result) {
  std::string text;
  const py::tuple fields = py::type::of(result).attr("_fields");
  for (size_t i = 0; i < result.size(); ++i)
    text += (i ? ",\n" : "") + fields[i].cast<std::string>() + "=" +
            py::repr(result[i]).cast<std::string>();
  const auto name = py::type::of(result).attr("__name__").cast<std::string>();
  return "lamina.return_types." + name + "(\n" + text + ")";
}

}  // namespace

py::object named(const char* name, std::initializer_list<const char*> fields, py::tuple values) {
  static py::dict* types = new py::dict();  // one type a name, for the life of the process
  if (!types->contains(name)) {
    py::list field_names;
    for (const char* field : fields) field_names.append(field);
    py::object type = py::module_::import("collections").attr("namedtuple")(name, field_names);
    type.attr("__repr__") = py::cpp_function(&text_of_result, py::is_method(type));
    (*types)[name] = type;
  }
  return (*types)[name](*values);
}

namespace {

void release_lock_in_long_work() {
  exec::long_work = {
      .begin = []() -> void* {
        return PyGILState_Check() ? static_cast<void*>(PyEval_SaveThread()) : nullptr;
      },
      .end =
          [](void* state) {
            if (state) PyEval_RestoreThread(static_cast<PyThreadState*>(state));
          },
  };
}

void bind_networks(py::module_& nn) {
  bind_activation(nn);
  bind_attention(nn);
  bind_conv(nn);
  bind_embedding(nn);
  bind_fold(nn);
  bind_loss(nn);
  bind_normalization(nn);
  bind_pool(nn);
  bind_recurrent(nn);
  bind_resample(nn);
}

// What lamina.nn.functional and lamina.optim are made of is bound when first asked for: it would
// take a quarter of the time of importing the core.
py::object part(py::module_ m, const std::string& name) {
  if (name == "_nn") {
    py::module_ nn = m.def_submodule("_nn");
    bind_networks(nn);
    return nn;
  }
  if (name == "_optim") {
    py::module_ optim = m.def_submodule("_optim");
    bind_optimizer(optim);
    return optim;
  }
  throw py::attribute_error("module 'lamina._core' has no attribute '" + name + "'");
}

}  // namespace

}  // namespace lamina::bindings

PYBIND11_MODULE(_core, m) {
  using namespace lamina::bindings;
  lamina::select_kernels();
  lamina::install_ops();
  release_lock_in_long_work();
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception&) {
      set_python_error();
    }
  });
  if (!make_tensor_type() || !make_size_type()) throw py::error_already_set();
  m.attr("Tensor") = py::handle(reinterpret_cast<PyObject*>(tensor_type));
  m.attr("Size") = py::handle(reinterpret_cast<PyObject*>(size_type));
  bind_dtype(m);
  bind_process(m);
  bind_creation(m);
  bind_elementwise(m);
  bind_view(m);
  bind_reduce(m);
  bind_linalg(m);
  bind_index(m);
  bind_join(m);
  bind_sort(m);
  bind_random(m);
  bind_autograd(m);
  bind_exchange(m);
  bind_capture(m);
  bind_compile(m);
  accept_numpy_names(m);

  m.attr("__getattr__") = py::cpp_function([m](const std::string& name) { return part(m, name); });
}

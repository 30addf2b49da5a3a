// lamina.compile: a Python function whose tensor work is recorded on the first call and replayed on
// later ones.
#include <algorithm>
#include <memory>

#include "bindings/bind.h"
#include "ops/step.h"

namespace lamina::bindings {

namespace {

// The tensors and the shape of a nest of tuples, lists and dicts. Every other leaf belongs to the
// shape.
class Tree {
 public:
  static bool is_branch(const py::handle& object) {
    return PyTuple_CheckExact(object.ptr()) || PyList_CheckExact(object.ptr()) ||
           PyDict_CheckExact(object.ptr());
  }

  // Calls f(tensor) on each tensor and puts what it returns in its place.
  template <class F>
  static py::object map(const py::handle& object, F& f) {
    if (is_tensor(object.ptr())) return f(unwrap(object.ptr()));
    if (!is_branch(object)) return py::reinterpret_borrow<py::object>(object);
    if (PyDict_CheckExact(object.ptr())) {
      py::dict result;
      for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(object))
        result[key] = map(value, f);
      return result;
    }
    py::list items;
    for (const py::handle item : object) items.append(map(item, f));
    return PyTuple_CheckExact(object.ptr()) ? py::object(py::tuple(items)) : py::object(items);
  }
};

// A tensor argument that may be another one in the next call.
bool exchangeable(const Tensor& tensor) { return !autograd::requires_grad(tensor); }

bool alike(const Tensor& recorded, const Tensor& given) {
  if (!exchangeable(given)) return recorded.same(given);
  return exchangeable(recorded) && recorded.dtype() == given.dtype() &&
         recorded.sizes() == given.sizes() && recorded.strides() == given.strides();
}

// Does a call fit a recorded one? Collects the tensors that take the place of the recorded ones.
bool match(const py::handle& recorded, const py::handle& given, std::vector<Tensor>& tensors) {
  if (is_tensor(recorded.ptr())) {
    if (!is_tensor(given.ptr())) return false;
    const Tensor tensor = unwrap(given.ptr());
    if (!alike(unwrap(recorded.ptr()), tensor)) return false;
    if (exchangeable(tensor)) tensors.push_back(tensor);
    return true;
  }
  if (Py_TYPE(recorded.ptr()) != Py_TYPE(given.ptr())) return false;
  if (!Tree::is_branch(recorded)) return recorded.is(given) || recorded.equal(given);
  if (py::len(recorded) != py::len(given)) return false;
  if (PyDict_CheckExact(recorded.ptr())) {
    for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(recorded)) {
      PyObject* other = PyDict_GetItem(given.ptr(), key.ptr());
      if (!other || !match(value, other, tensors)) return false;
    }
    return true;
  }
  PyObject** left = PySequence_Fast_ITEMS(recorded.ptr());
  PyObject** right = PySequence_Fast_ITEMS(given.ptr());
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(recorded.ptr()); ++i)
    if (!match(left[i], right[i], tensors)) return false;
  return true;
}

using Checks = std::vector<py::function>;
// Where before_replay() leaves its functions while a step is captured on this thread.
thread_local Checks* checks_of_capture = nullptr;
struct Collecting {
  explicit Collecting(Checks& checks) : outer(std::exchange(checks_of_capture, &checks)) {}
  ~Collecting() { checks_of_capture = outer; }
  Collecting(const Collecting&) = delete;
  Collecting& operator=(const Collecting&) = delete;
  Checks* outer;
};

// Work that replays do not repeat, such as making the state that a step starts from.
class Uncaptured {
 public:
  void enter() { observer_ = std::exchange(exec::observer, nullptr); }
  void exit(const py::args&) { exec::observer = observer_; }

 private:
  exec::Observer* observer_ = nullptr;
};

class Compiled {
 public:
  explicit Compiled(py::function function) : function_(std::move(function)) {}

  py::object call(const py::args& args, const py::kwargs& kwargs) {
    // Inside another capture this call is part of that step.
    if (exec::observer) return function_(*args, **kwargs);
    for (size_t i = 0; i < recordings_.size(); ++i) {
      const std::shared_ptr<Recording> recording = recordings_[i];
      std::vector<Tensor> tensors;
      if (recording->grad_enabled != autograd::grad_enabled ||
          !match(recording->args, args, tensors) || !match(recording->kwargs, kwargs, tensors) ||
          !recording->step->applies())
        continue;
      // Checks are Python code, during which other threads may call this function.
      const bool holds = still_holds(*recording);
      std::erase(recordings_, recording);
      if (!holds) return call(args, kwargs);
      recordings_.insert(recordings_.begin(), recording);
      return replay(*recording, tensors);
    }
    return record(args, kwargs);
  }

  py::list programs() const {
    py::list result;
    for (const auto& recording : recordings_) {
      py::dict entry;
      entry["launches"] = recording->step->launch_count();
      entry["arena_bytes"] = recording->step->arena_bytes();
      result.append(entry);
    }
    return result;
  }

 private:
  // Enough for the shapes of a training loop with its last, smaller batch, in both modes.
  static constexpr size_t kMaxRecordings = 8;

  struct Recording {
    py::object args, kwargs;  // as they were, to compare with
    bool grad_enabled;
    py::object result;  // tensors replaced by their number
    std::unique_ptr<Step> step;
    Checks checks;  // called before each replay
  };

  static bool still_holds(const Recording& recording) {
    return std::ranges::all_of(recording.checks,
                               [](const py::function& check) { return check().cast<bool>(); });
  }

  static py::object replay(Recording& recording, const std::vector<Tensor>& tensors) {
    const std::vector<Tensor> results = recording.step->run(tensors);
    if (results.size() == 1 && recording.result.is_none()) return py::cast(results[0]);
    size_t next = 0;
    auto fill = [&](const Tensor&) { return py::cast(results[next++]); };
    return Tree::map(recording.result, fill);
  }

  // A tensor that only stands for its place: it holds no memory.
  static py::object placeholder() { return py::cast(wrap_shape({})); }
  static Tensor wrap_shape(const Dims& dims) {
    return lamina::wrap(nullptr, dims, dims, DType::kFloat32);
  }

  py::object record(const py::args& args, const py::kwargs& kwargs) {
    std::vector<Tensor> arguments;
    auto alias_of = [&](const Tensor& tensor) {
      if (!exchangeable(tensor)) return py::cast(tensor);
      arguments.push_back(alias(tensor));
      return py::cast(arguments.back());
    };
    const py::tuple own_args = Tree::map(args, alias_of);
    const py::dict own_kwargs = Tree::map(kwargs, alias_of);

    auto recording = std::make_shared<Recording>();
    recording->grad_enabled = autograd::grad_enabled;
    py::object result;
    std::vector<Tensor> results;
    {
      const Collecting checks(recording->checks);
      StepRecorder recorder(arguments);
      result = function_(*own_args, **own_kwargs);
      const bool only_one = is_tensor(result.ptr());
      auto without_history = [](const Tensor& tensor) {
        const auto* meta = autograd::meta(tensor);
        return py::cast(meta && meta->grad_fn ? detach(tensor) : tensor);
      };
      result = Tree::map(result, without_history);
      auto collect = [&](const Tensor& tensor) {
        results.push_back(tensor);
        return placeholder();
      };
      py::object shape = Tree::map(result, collect);
      recording->result = only_one ? py::object(py::none()) : shape;
      recording->step = std::make_unique<Step>(recorder, results);
    }
    keep_shapes(*recording, args, kwargs);
    recordings_.insert(recordings_.begin(), std::move(recording));
    if (recordings_.size() > kMaxRecordings) recordings_.pop_back();
    return result;
  }

  // Remembers a call without its memory: later ones are compared by shape and type.
  static void keep_shapes(Recording& recording, const py::args& args, const py::kwargs& kwargs) {
    auto shape_of = [](const Tensor& tensor) {
      if (!exchangeable(tensor)) return py::cast(tensor);
      return py::cast(lamina::wrap(nullptr, tensor.sizes(), tensor.strides(), tensor.dtype()));
    };
    recording.args = Tree::map(args, shape_of);
    recording.kwargs = Tree::map(kwargs, shape_of);
  }

  py::function function_;
  std::vector<std::shared_ptr<Recording>> recordings_;  // the last used first
};

}  // namespace

void bind_compile(py::module_& m) {
  function(m, "_is_capturing", [] { return exec::observer != nullptr; });
  function(
      m, "_before_replay",
      [](const py::function& check) {
        if (checks_of_capture) checks_of_capture->push_back(check);
      },
      py::arg("check"));
  py::class_<Uncaptured>(m, "_Uncaptured")
      .def(py::init())
      .def("__enter__", &Uncaptured::enter)
      .def("__exit__", &Uncaptured::exit);
  py::class_<Compiled>(m, "CompiledFunction", "A function that is recorded once per kind of call.",
                       py::dynamic_attr())
      .def(py::init<py::function>(), py::arg("fn"))
      .def("__call__", &Compiled::call)
      .def("programs", &Compiled::programs, "What was recorded: launches and arena bytes of each.");
}

}  // namespace lamina::bindings

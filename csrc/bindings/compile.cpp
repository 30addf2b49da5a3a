// lamina.compile: a Python function whose tensor work is recorded on the first call and replayed on
// later ones.
#include <algorithm>
#include <memory>

#include "bindings/bind.h"
#include "bindings/call_tree.h"
#include "bindings/capture.h"
#include "ops/step.h"

namespace lamina::bindings {

namespace {

// Calls in a row that were recorded although an earlier one was of the same kind.
constexpr int kMaxInVain = 8;

class Compiled {
 public:
  Compiled(py::function function, Variables variables, bool inference)
      : function_(std::move(function)), variables_(std::move(variables)), inference_(inference) {}

  py::object call(const py::args& args, const py::kwargs& kwargs) {
    const autograd::Scoped mode(autograd::grad_enabled, autograd::grad_enabled && !inference_);
    // Inside another capture this call is part of that step.
    if (exec::observer) return function_(*args, **kwargs);
    std::vector<Tensor> tensors;
    if (const auto recording = find(args, kwargs, tensors)) {
      in_vain_ = 0;
      return replay(*recording, tensors);
    }
    return record(args, kwargs);
  }

  // Seconds that each stage took, run by run, or -1 if it had nothing to do; the runs are steps as
  // any.
  std::vector<std::vector<double>> profile(int runs, const py::args& args,
                                           const py::kwargs& kwargs) {
    call(args, kwargs);
    const autograd::Scoped mode(autograd::grad_enabled, autograd::grad_enabled && !inference_);
    std::vector<std::vector<double>> result;
    for (int run = 0; run < runs; ++run) {
      std::vector<Tensor> tensors;
      const auto recording = find(args, kwargs, tensors);
      check<StateError>(recording != nullptr, "profile",
                        "expected a step that can be repeated; the second call has to be recorded "
                        "anew: clear gradients inside the function");
      result.emplace_back(recording->step->program().stages().size());
      recording->step->run(tensors, result.back().data());
    }
    return result;
  }

  // What was recorded, the last used first.
  py::list programs() const {
    py::list result;
    for (const auto& recording : recordings_) {
      py::dict entry;
      entry["arena_bytes"] = recording->step->arena_bytes();
      entry["launches"] = launches(recording->step->program());
      py::list stages;  // launches of each, which run together
      for (const exec::Stage& stage : recording->step->program().stages())
        stages.append(stage.count);
      entry["stages"] = stages;
      entry["unread"] = recording->step->program().unread();
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
    DType default_dtype;
    py::object result;  // tensors replaced by their number
    std::unique_ptr<Step> step;
    Checks checks;  // called before each replay
    Watch watch;
  };
  using Kept = std::shared_ptr<Recording>;

  bool fits(const Recording& recording, const py::args& args, const py::kwargs& kwargs,
            std::vector<Tensor>& tensors) const {
    tensors.clear();
    return recording.grad_enabled == autograd::grad_enabled &&
           recording.default_dtype == lamina::default_dtype() &&
           match(recording.args, args, exchangeable(), tensors) &&
           match(recording.kwargs, kwargs, exchangeable(), tensors);
  }

  // The recording of such a call, moved to the front; collects the tensors to replay it with.
  Kept find(const py::args& args, const py::kwargs& kwargs, std::vector<Tensor>& tensors) {
    changed_.clear();
    for (size_t i = 0; i < recordings_.size(); ++i) {
      const Kept recording = recordings_[i];
      if (!fits(*recording, args, kwargs, tensors)) continue;
      const Watch::State state = recording->watch.compare();
      if (state != Watch::State::kHolds) changed_ = recording->watch.difference();
      if (state == Watch::State::kGone) forget(recording), --i;
      if (state != Watch::State::kHolds) continue;
      if (!recording->step->applies()) {
        changed_ = "the memory of a tensor or of a gradient";
        continue;
      }
      // Checks are Python code, during which other threads may call this function.
      const bool holds = still_holds(*recording);
      forget(recording);
      if (!holds) return find(args, kwargs, tensors);
      recordings_.insert(recordings_.begin(), recording);
      return recording;
    }
    return nullptr;
  }

  void forget(const Kept& recording) { std::erase(recordings_, recording); }

  Exchange exchangeable() const { return {inference_}; }

  // Steps that are never replayed cost more than they save: better that somebody knows.
  void warn_if_in_vain() {
    if (changed_.empty() || ++in_vain_ != kMaxInVain) return;
    const std::string text =
        "[compile] captured " + std::to_string(kMaxInVain) + " calls and replayed none, as '" +
        changed_ +
        "' changes from call to call: keep it out of the function or its modules, or "
        "make it a tensor that changes in place";
    if (PyErr_WarnEx(PyExc_UserWarning, text.c_str(), 1) != 0) throw py::error_already_set();
  }

  static py::tuple operand(const exec::Operand& operand) {
    return py::make_tuple(operand.sizes, operand.dtype, operand.buffer);
  }

  static py::list launches(const exec::Program& program) {
    py::list result;
    for (const exec::Launch& launch : program.launches()) {
      py::list writes, reads;
      for (const exec::Operand& o : program.writes(launch)) writes.append(operand(o));
      for (const exec::Operand& o : program.reads(launch)) reads.append(operand(o));
      result.append(py::make_tuple(launch.name, writes, reads));
    }
    return result;
  }

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
    warn_if_in_vain();
    std::vector<Tensor> arguments;
    std::vector<Ref<Storage>> given;
    auto alias_of = [&](const Tensor& tensor) {
      if (!exchangeable()(tensor)) return py::cast(tensor);
      arguments.push_back(alias(tensor));
      given.push_back(arguments.back()->storage);
      return py::cast(arguments.back());
    };
    const py::tuple own_args = Tree::map(args, alias_of);
    const py::dict own_kwargs = Tree::map(kwargs, alias_of);

    auto recording = std::make_shared<Recording>();
    recording->grad_enabled = autograd::grad_enabled;
    recording->default_dtype = lamina::default_dtype();
    recording->watch.add_variables(variables_);
    py::object result;
    std::vector<Tensor> results;
    {
      const Capture capture(recording->checks, recording->watch);
      StepRecorder recorder(arguments);
      result = function_(*own_args, **own_kwargs);
      for (size_t i = 0; i < arguments.size(); ++i)
        check<StateError>(arguments[i]->storage == given[i], "compile",
                          "the function gives an argument other memory, which replays could not "
                          "repeat: change it in place, as by copy_()");
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
  void keep_shapes(Recording& recording, const py::args& args, const py::kwargs& kwargs) const {
    auto shape_of = [this](const Tensor& tensor) {
      if (!exchangeable()(tensor)) return py::cast(tensor);
      return py::cast(lamina::wrap(nullptr, tensor.sizes(), tensor.strides(), tensor.dtype()));
    };
    recording.args = Tree::map(args, shape_of);
    recording.kwargs = Tree::map(kwargs, shape_of);
  }

  py::function function_;
  Variables variables_;
  bool inference_;                // results need no history
  std::vector<Kept> recordings_;  // the last used first
  std::string changed_;           // a name that kept a recording from being replayed
  int in_vain_ = 0;
};

}  // namespace

void bind_compile(py::module_& m) {
  py::class_<Compiled>(m, "_CompiledFunction", "A function that is recorded once per kind of call.",
                       py::dynamic_attr())
      .def(py::init([](py::function fn, py::dict globals, py::tuple names, py::tuple cells,
                       py::object self, bool inference) {
             const Variables variables{globals, names, cells, self};
             return Compiled(std::move(fn), variables, inference);
           }),
           py::arg("fn"), py::arg("globals"), py::arg("names"), py::arg("cells"), py::arg("owner"),
           py::arg("inference"))
      .def("__call__", &Compiled::call)
      .def(
          "programs", &Compiled::programs,
          "What was recorded: of each program its arena_bytes, its launches, how many of them each "
          "stage runs together, and how many were left out as unread.")
      .def("_profile", &Compiled::profile, py::arg("runs"));
}

}  // namespace lamina::bindings

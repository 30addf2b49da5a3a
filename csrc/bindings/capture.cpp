#include "bindings/capture.h"

#include <utility>

#include "bindings/bind.h"
#include "exec/launch.h"

namespace lamina::bindings {

namespace {

thread_local Capture* present = nullptr;

// Grows while any thread captures: whoever calls a module looks at it before asking for more.
py::list& captures() {
  static auto* list = new py::list;
  return *list;
}

// Work that replays do not repeat, such as making the state that a step starts from.
class Uncaptured {
 public:
  void enter() { observer_ = std::exchange(exec::observer, nullptr); }
  void exit(const py::args&) { exec::observer = observer_; }

 private:
  exec::Observer* observer_ = nullptr;
};

}  // namespace

Capture::Capture(Checks& its_checks, Watch& its_watch)
    : checks(its_checks), watch(its_watch), outer_(std::exchange(present, this)) {
  captures().append(py::none());
}

Capture::~Capture() {
  present = outer_;
  captures().attr("pop")();
}

void bind_capture(py::module_& m) {
  m.attr("_captures") = captures();
  function(m, "_is_capturing", [] { return exec::observer != nullptr; });
  function(
      m, "_before_replay",
      [](const py::function& check) {
        if (present) present->checks.push_back(check);
      },
      py::arg("check"));
  function(
      m, "_watch", [](const py::dict& entries) { return present && present->watch.add(entries); },
      py::arg("entries"));
  function(
      m, "_watch_variables",
      [](const py::dict& globals, const py::tuple& names, const py::tuple& cells,
         const py::object& owner) {
        if (present) present->watch.add_variables({globals, names, cells, owner});
      },
      py::arg("globals"), py::arg("names"), py::arg("cells"), py::arg("owner"));
  py::class_<Uncaptured>(m, "_Uncaptured")
      .def(py::init())
      .def("__enter__", &Uncaptured::enter)
      .def("__exit__", &Uncaptured::exit);
}

}  // namespace lamina::bindings

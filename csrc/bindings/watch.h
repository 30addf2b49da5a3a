// The Python state that a recorded step took for granted, and whether it is still so; what the step
// does with tensors belongs to ops/step.h.
#pragma once

#include <string>
#include <vector>

#include "bindings/casters.h"

namespace lamina::bindings {

// Where the code of a function looks for the names in it.
struct Variables {
  py::dict globals;
  py::tuple names, cells;
  py::object self;  // of a method, else None
};

class Watch {
 public:
  enum class State {
    kHolds,
    kDiffers,  // in numbers, strings and flags, which may come back
    kGone,     // an object was replaced: it will not
  };

  // Remembers all entries of a dictionary as they are now; false if it is watched already.
  bool add(const py::dict& dict);
  // Remembers the variables that a function reads: those of its module, its closure and its `self`,
  // with those of their attributes that its code names, and the entries of short lists and dicts.
  void add_variables(const Variables& variables);

  State compare() const;
  // The name of one variable or attribute that differs.
  std::string difference() const;

 private:
  // What else than a tensor's identity a step depends on.
  struct Tracking {
    bool requires_grad = false;
    size_t hooks = 0;
    int64_t next_hook = 0;
    bool operator==(const Tracking&) const = default;
  };
  struct Entry {
    py::object name, value;
    bool is_tensor;
    Tracking tracking;
  };
  struct Dict {
    py::dict dict;
    std::vector<Entry> entries;
  };
  struct Variable {
    py::object holder;  // the dictionary, the list or the cell
    Entry entry;
  };

  void add_variable(const py::handle& holder, const py::handle& name);
  void add_entries(const py::handle& container);
  void add_attributes(const py::handle& object, const py::tuple& names);
  static Tracking tracking_of(PyObject* tensor);
  static Entry remember(const py::handle& name, const py::handle& value);
  static State compare(const Entry& entry, PyObject* now);
  static State compare(const Dict& watched, const Entry** different);
  State compare(const Entry** different) const;

  std::vector<Dict> dicts_;
  std::vector<Variable> variables_;
};

}  // namespace lamina::bindings

#include "bindings/watch.h"

#include <algorithm>

#include "autograd/node.h"

namespace lamina::bindings {

namespace {

// Values that compare without running Python code.
bool plain(PyObject* object) {
  return object == Py_None || PyBool_Check(object) || PyLong_CheckExact(object) ||
         PyFloat_CheckExact(object) || PyUnicode_CheckExact(object);
}

// Borrowed; null where there is nothing any more.
PyObject* value_in(const py::handle& holder, const py::handle& name) {
  return PyCell_Check(holder.ptr()) ? PyCell_GET(holder.ptr())
                                    : PyDict_GetItem(holder.ptr(), name.ptr());
}

}  // namespace

Watch::Tracking Watch::tracking_of(PyObject* tensor) {
  const Tensor& value = unwrap(tensor);
  const autograd::Meta* meta = autograd::meta(value);
  if (!meta) return {value->requires_grad, 0, 0};
  return {value->requires_grad, meta->hooks.list.size(), meta->hooks.next_id};
}

Watch::Entry Watch::remember(const py::handle& name, const py::handle& value) {
  const bool tensor = bindings::is_tensor(value.ptr());
  return {py::reinterpret_borrow<py::object>(name), py::reinterpret_borrow<py::object>(value),
          tensor, tensor ? tracking_of(value.ptr()) : Tracking()};
}

bool Watch::add(const py::dict& dict) {
  if (std::ranges::any_of(dicts_, [&](const Dict& known) { return known.dict.is(dict); }))
    return false;
  Dict watched{dict, {}};
  for (const auto& [name, value] : dict) watched.entries.push_back(remember(name, value));
  dicts_.push_back(std::move(watched));
  return true;
}

void Watch::add_attributes(const py::handle& object, const py::tuple& names) {
  if (plain(object.ptr()) || bindings::is_tensor(object.ptr()) || PyType_Check(object.ptr()) ||
      PyModule_Check(object.ptr()) || PyFunction_Check(object.ptr()))
    return;
  const py::object entries = py::getattr(object, "__dict__", py::none());
  if (!PyDict_CheckExact(entries.ptr())) return;
  for (const py::handle name : names)
    if (PyObject* value = PyDict_GetItem(entries.ptr(), name.ptr()))
      variables_.push_back({entries, remember(name, value)});
}

void Watch::add_variables(const Variables& variables) {
  const auto add = [&](const py::handle& holder, const py::handle& name) {
    PyObject* value = value_in(holder, name);
    if (!value) return;
    variables_.push_back({py::reinterpret_borrow<py::object>(holder), remember(name, value)});
    add_attributes(value, variables.names);
  };
  for (const py::handle name : variables.names) add(variables.globals, name);
  const py::str closure("a variable of the closure");
  for (const py::handle cell : variables.cells) add(cell, closure);
  add_attributes(variables.self, variables.names);
}

Watch::State Watch::compare(const Entry& entry, PyObject* now) {
  PyObject* before = entry.value.ptr();
  if (now == before)
    return entry.is_tensor && tracking_of(now) != entry.tracking ? State::kDiffers : State::kHolds;
  if (!now || !plain(now) || !plain(before)) return State::kGone;
  const bool equal =
      Py_TYPE(now) == Py_TYPE(before) && PyObject_RichCompareBool(now, before, Py_EQ) == 1;
  return equal ? State::kHolds : State::kDiffers;
}

Watch::State Watch::compare(const Dict& watched, const Entry** different) {
  State state = State::kHolds;
  size_t i = 0;
  Py_ssize_t position = 0;
  PyObject *name, *value;
  while (PyDict_Next(watched.dict.ptr(), &position, &name, &value)) {
    if (i == watched.entries.size() || watched.entries[i].name.ptr() != name) return State::kGone;
    const Entry& entry = watched.entries[i++];
    const State found = compare(entry, value);
    if (found != State::kHolds) *different = &entry;
    state = std::max(state, found);
  }
  return i == watched.entries.size() ? state : State::kGone;
}

Watch::State Watch::compare(const Entry** different) const {
  State state = State::kHolds;
  for (const Variable& variable : variables_) {
    const Entry& entry = variable.entry;
    const State found = compare(entry, value_in(variable.holder, entry.name));
    if (found != State::kHolds) *different = &entry;
    state = std::max(state, found);
  }
  for (const Dict& watched : dicts_) {
    if (state == State::kGone) break;
    state = std::max(state, compare(watched, different));
  }
  return state;
}

Watch::State Watch::compare() const {
  const Entry* different = nullptr;
  return compare(&different);
}

std::string Watch::difference() const {
  const Entry* different = nullptr;
  compare(&different);
  return different ? py::str(different->name).cast<std::string>() : "an attribute";
}

}  // namespace lamina::bindings

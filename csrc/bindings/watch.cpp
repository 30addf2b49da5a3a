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
  if (PyCell_Check(holder.ptr())) return PyCell_GET(holder.ptr());
  if (!PyList_CheckExact(holder.ptr())) return PyDict_GetItem(holder.ptr(), name.ptr());
  const Py_ssize_t index = PyLong_AsSsize_t(name.ptr());
  return index < PyList_GET_SIZE(holder.ptr()) ? PyList_GET_ITEM(holder.ptr(), index) : nullptr;
}

}  // namespace

Watch::Tracking Watch::tracking_of(PyObject* tensor) {
  const Tensor& value = unwrap(tensor);
  const autograd::Meta* meta = autograd::meta(value);
  if (!meta) return {value->requires_grad, 0, 0};
  return {value->requires_grad, meta->hooks.list.size(), meta->hooks.next_id};
}

Watch::Entry Watch::remember(const py::handle& name, const py::handle& value) {
  const bool tensor = value && bindings::is_tensor(value.ptr());
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
  if (plain(object.ptr()) || bindings::is_tensor(object.ptr()) || PyModule_Check(object.ptr()) ||
      PyFunction_Check(object.ptr()))
    return;
  const bool is_class = PyType_Check(object.ptr());
  const py::object own =
      is_class ? py::object(py::none()) : py::getattr(object, "__dict__", py::none());
  if (PyDict_CheckExact(own.ptr()))
    for (const py::handle name : names) add_variable(own, name);
  auto* type = is_class ? reinterpret_cast<PyTypeObject*>(object.ptr()) : Py_TYPE(object.ptr());
  if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) return;
  for (const py::handle name : names) {
    PyObject* value = PyDict_GetItem(type->tp_dict, name.ptr());
    if (!value || !plain(value)) continue;
    add_variable(type->tp_dict, name);  // a constant, which an attribute may hide
    if (PyDict_CheckExact(own.ptr()) && !value_in(own, name))
      variables_.push_back({own, remember(name, nullptr)});
  }
}

void Watch::add_variable(const py::handle& holder, const py::handle& name) {
  PyObject* value = value_in(holder, name);
  const auto is_this = [&](const Variable& known) {
    return known.holder.is(holder) && (known.entry.name.is(name) || PyCell_Check(holder.ptr()));
  };
  if (!value || std::ranges::any_of(variables_, is_this)) return;
  variables_.push_back({py::reinterpret_borrow<py::object>(holder), remember(name, value)});
  add_entries(value);
}

void Watch::add_entries(const py::handle& container) {
  constexpr Py_ssize_t kMost = 32;  // longer ones would cost each replay too much
  const auto owner = py::reinterpret_borrow<py::object>(container);
  if (PyDict_CheckExact(container.ptr()) && PyDict_Size(container.ptr()) <= kMost)
    for (const auto& [name, value] : py::reinterpret_borrow<py::dict>(container))
      variables_.push_back({owner, remember(name, value)});
  if (!PyList_CheckExact(container.ptr()) || PyList_GET_SIZE(container.ptr()) > kMost) return;
  // The place behind the last is empty: it tells whether the list has grown.
  for (Py_ssize_t i = 0; i <= PyList_GET_SIZE(container.ptr()); ++i) {
    const py::int_ place(i);
    variables_.push_back({owner, remember(place, value_in(container, place))});
  }
}

void Watch::add_variables(const Variables& variables) {
  const auto add = [&](const py::handle& holder, const py::handle& name) {
    add_variable(holder, name);
    if (PyObject* value = value_in(holder, name)) add_attributes(value, variables.names);
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
  if (!now || !before || !plain(now) || !plain(before)) return State::kGone;
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

// Sizes as Python calls spell them: f(2, 3), f((2, 3)) and f(size=(2, 3)) mean the same.
#pragma once

#include <string>

#include "bindings/casters.h"

namespace lamina::bindings {

// `size` is None where it was not given by name. Negative sizes pass: some ops give -1 a meaning.
inline Dims sizes_of(const char* op, const py::args& args, const py::object& size = py::none()) {
  const bool named = !size.is_none();
  const py::object sizes = named ? size : args.size() == 1 ? py::object(args[0]) : py::object(args);
  Dims dims;
  if (named != args.empty() || !load_dims(sizes.ptr(), dims))
    fail<TypeError>(op, "expected sizes as integers; got ", py::repr(sizes).cast<std::string>());
  return dims;
}

}  // namespace lamina::bindings

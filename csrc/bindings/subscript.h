// x[...] in Python: what stands between the brackets, as indices.
#pragma once

#include <vector>

#include "bindings/bind.h"
#include "ops/subscript.h"

namespace lamina::bindings {

// A tuple holds one index a dimension; anything else is one index.
std::vector<Index> parse_indices(PyObject* key);
void bind_subscript();

}  // namespace lamina::bindings

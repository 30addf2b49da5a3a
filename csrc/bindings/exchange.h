// The parts of exchange with other libraries, a file each.
#pragma once

#include "bindings/bind.h"

namespace lamina::bindings {

// Before memory is handed out: refuses tensors that require grad, as changes to the memory would
// not be recorded.
void check_exportable(const char* op, const Tensor& tensor);

void bind_dlpack(py::module_& m);

}  // namespace lamina::bindings

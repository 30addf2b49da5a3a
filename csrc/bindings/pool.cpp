// Functions of pool in lamina._core._nn.
#include "bindings/bind.h"

namespace lamina::bindings {

void bind_pool([[maybe_unused]] py::module_& nn) {}

}  // namespace lamina::bindings

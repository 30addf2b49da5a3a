// Functions of activation in lamina._core._nn.
#include "bindings/bind.h"

namespace lamina::bindings {

void bind_activation([[maybe_unused]] py::module_& nn) {}

}  // namespace lamina::bindings

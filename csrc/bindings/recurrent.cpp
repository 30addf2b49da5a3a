// Functions of recurrent in lamina._core._nn.
#include "bindings/bind.h"

namespace lamina::bindings {

void bind_recurrent([[maybe_unused]] py::module_& nn) {}

}  // namespace lamina::bindings

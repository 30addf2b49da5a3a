// Functions of loss in lamina._core._nn.
#include "bindings/bind.h"

namespace lamina::bindings {

void bind_loss([[maybe_unused]] py::module_& nn) {}

}  // namespace lamina::bindings

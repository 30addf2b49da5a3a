// Functions of normalization in lamina._core._nn.
#include "bindings/bind.h"

namespace lamina::bindings {

void bind_normalization([[maybe_unused]] py::module_& nn) {}

}  // namespace lamina::bindings

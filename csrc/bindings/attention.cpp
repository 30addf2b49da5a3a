// Functions of attention in lamina._core._nn.
#include "bindings/bind.h"

namespace lamina::bindings {

void bind_attention([[maybe_unused]] py::module_& nn) {}

}  // namespace lamina::bindings

// Functions of optimizer in lamina._core._optim.
#include "bindings/bind.h"

namespace lamina::bindings {

void bind_optimizer([[maybe_unused]] py::module_& optim) {}

}  // namespace lamina::bindings

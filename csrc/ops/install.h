// Hands the autograd layer, which stands below the ops, the arithmetic it needs.
#pragma once

namespace lamina {

// Call once, before the first graph is walked.
void install_ops();

}  // namespace lamina

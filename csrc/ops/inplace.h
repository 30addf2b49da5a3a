// Changing a tensor in place while a graph is recorded: the checks, the version, and the rewritten
// history of the tensor, of its base if it is a view, and so of every other view.
#pragma once

#include "autograd/node.h"
#include "core/tensor.h"

namespace lamina {

// Before the change: refuses read-only memory, leaves that require grad, and (as one element would
// be written more than once) expanded views.
void check_inplace(const char* op, const Tensor& target);

// After the change: bumps the version and, if `node` is given, makes it the history of `target`.
// The node's input 0 is the old target.
void finish_inplace(const Tensor& target, Ref<autograd::Node> node);

// `view` shares memory with `base`; call it for every view that ops make, after its own history is
// recorded.
void track_view(const Tensor& view, const Tensor& base);
// Renews the history of a view whose base was changed in place.
void refresh_view(const Tensor& view);

}  // namespace lamina

// The kernels of embeddings, one pointer a line of embedding.def, and what they work on.
#pragma once

#include <cstdint>

namespace lamina {

template <class T>
struct EmbeddingKernels {
#define FLOAT_KERNEL(name, args) void(*name) args;
#include "kernels/embedding.def"
#undef FLOAT_KERNEL
};

}  // namespace lamina

// The kernels of embeddings.
#include "kernels/embedding.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr EmbeddingKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/embedding.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_embedding(KernelTable& table) {
  table.embedding_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

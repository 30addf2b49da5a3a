// The kernels of attention.
#include "kernels/attention.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr AttentionKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/attention.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_attention(KernelTable& table) {
  table.attention_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

// The kernels of losses.
#include "kernels/loss.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr LossKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/loss.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_loss(KernelTable& table) { table.loss_kernels = {&kKernels<float>, &kKernels<double>}; }

}  // namespace lamina::LAMINA_ISA_NS

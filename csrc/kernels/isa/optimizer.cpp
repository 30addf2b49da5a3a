// The kernels of optimizer updates.
#include "kernels/optimizer.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr OptimizerKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/optimizer.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_optimizer(KernelTable& table) {
  table.optimizer_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

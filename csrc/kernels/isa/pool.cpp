// The kernels of pooling.
#include "kernels/pool.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr PoolKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/pool.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_pool(KernelTable& table) { table.pool_kernels = {&kKernels<float>, &kKernels<double>}; }

}  // namespace lamina::LAMINA_ISA_NS

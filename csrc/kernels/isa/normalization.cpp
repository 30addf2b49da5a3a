// The kernels of normalization.
#include "kernels/normalization.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr NormalizationKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/normalization.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_normalization(KernelTable& table) {
  table.normalization_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

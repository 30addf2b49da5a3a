// The kernels of resampling images.
#include "kernels/resample.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr ResampleKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/resample.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_resample(KernelTable& table) {
  table.resample_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

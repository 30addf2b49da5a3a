// The kernels of convolution.
#include "kernels/conv.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr ConvKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/conv.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_conv(KernelTable& table) { table.conv_kernels = {&kKernels<float>, &kKernels<double>}; }

}  // namespace lamina::LAMINA_ISA_NS

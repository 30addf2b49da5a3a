// The table of convolution's kernels; which of them runs, on what part of the images, is the
// driver's affair in ops.
#include "kernels/conv.h"

#include "kernels/isa/conv_channels.h"
#include "kernels/isa/conv_dots.h"
#include "kernels/isa/conv_patch.h"
#include "kernels/isa/conv_pixels.h"
#include "kernels/isa/conv_winograd.h"
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

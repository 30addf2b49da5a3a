// The kernels of recurrent networks.
#include "kernels/recurrent.h"

#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
constexpr RecurrentKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/recurrent.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_recurrent(KernelTable& table) {
  table.recurrent_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

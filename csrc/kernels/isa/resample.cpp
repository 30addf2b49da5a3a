// The kernels of resampling images.
#include "kernels/resample.h"

#include "kernels/isa/grid_sample.h"
#include "kernels/isa/vec_walk.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
void resample_line(const ResampleLine& line, int64_t begin, int64_t end, const T* x, T* y) {
  for (int64_t o = begin; o < end; ++o) {
    const double* weights = line.weights + line.begin[o];
    const int64_t taps = line.begin[o + 1] - line.begin[o];
    const T* from = x + line.first[o] * line.inner;
    T* to = y + o * line.inner;
    if (line.inner == 1) {
      T sum = T(0);
      for (int64_t k = 0; k < taps; ++k) sum += static_cast<T>(weights[k]) * from[k];
      *to = sum;
      continue;
    }
    walk<T>(line.inner, [&](int64_t i, auto part) {
      Vec<T> sum(T(0));
      for (int64_t k = 0; k < taps; ++k)
        sum = fma(Vec<T>(static_cast<T>(weights[k])), part.load(from + k * line.inner + i), sum);
      part.store(to + i, sum);
    });
  }
}

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

// Instantiates the reductions for every type.
#include "kernels/isa/reduce_fold.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

template <ReduceResult kResult, class T>
struct ResultOf {
  using Type = T;
};
template <Integer T>
struct ResultOf<ReduceResult::kWide, T> {
  using Type = int64_t;
};
template <class T>
struct ResultOf<ReduceResult::kTruth, T> {
  using Type = bool;
};
template <class T>
struct ResultOf<ReduceResult::kCount, T> {
  using Type = int64_t;
};

template <class F, ReduceResult kResult, class T>
constexpr ReduceKernel* choose() {
  using A = typename ResultOf<kResult, T>::Type;
  if constexpr (Scalar<T> && __is_same(A, T))
    return &fold<F, FoldVectors<F, T>, T, T>;
  else if constexpr (kResult != ReduceResult::kFloating)
    return &fold<F, FoldElements<F, T, A>, T, A>;
  else
    return nullptr;
}

}  // namespace

void fill_reduce(KernelTable& table) {
  table.each_number([&]<class T>(NumberKernels<T>&) {
#define REDUCE(name, Formula, joined_by, result)                   \
  table.reduce[kDTypeIndex<T>][static_cast<int>(ReduceOp::name)] = \
      choose<Formula, ReduceResult::result, T>();
#include "kernels/reduce.def"
#undef REDUCE
  });
}

}  // namespace lamina::LAMINA_ISA_NS

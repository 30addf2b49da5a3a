// The kernels of losses: formulas of pairs, steps of alignments; those on class scores stand in
// class_lines.h.
#include "kernels/loss.h"

#include "kernels/isa/class_lines.h"
#include "kernels/isa/vec_math.h"
#include "kernels/loss_formulas.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class F, class T>
void pair_fwd(const LossPairs<T>& pairs, T* loss) {
  walk<T>(pairs.n, [&](int64_t i, auto part) {
    part.store(loss + i, F::fwd(part.load(pairs.x + i), part.load(pairs.target + i), pairs.p));
  });
}

template <class F, class T>
void pair_bwd(const LossPairs<T>& pairs, const LossGrad<T>& grad, T* grad_x) {
  using V = Vec<T>;
  const V scale(grad.scale), of_all(grad.step == 0 ? grad.grad[0] : T(0));
  walk<T>(pairs.n, [&](int64_t i, auto part) {
    const V g = (grad.step == 0 ? of_all : part.load(grad.grad + i)) * scale;
    part.store(grad_x + i,
               F::grad_x(part.load(pairs.x + i), part.load(pairs.target + i), g, pairs.p));
  });
}

template <class T>
void ctc_step(int64_t n, const T* from, const T* skip, const T* emitted, T* arrived, T* left) {
  using V = Vec<T>;
  const V none(-Layout<T>::kInfinity);
  walk<T>(n, [&](int64_t s, auto part) {
    const V stay = part.load(from + s), next = part.load(from + s - 1);
    const V jump = part.load(from + s - 2) + part.load(skip + s);
    const V highest = maximum(stay, maximum(next, jump));
    const V top = select(highest == none, V(T(0)), highest);
    const V sum = log(exp(stay - top) + exp(next - top) + exp(jump - top)) + top;
    part.store(arrived + s, sum);
    part.store(left + s, sum + part.load(emitted + s));
  });
}

template <class T>
void ctc_posterior(int64_t n, const T* before, const T* after, T log_total, T* p) {
  walk<T>(n, [&](int64_t s, auto part) {
    part.store(p + s, exp(part.load(before + s) + part.load(after + s) - log_total));
  });
}

template <class T>
void ctc_grad(int64_t n, const T* log_prob, T* grad) {
  walk<T>(n, [&](int64_t c, auto part) {
    part.store(grad + c, exp(part.load(log_prob + c)) - part.load(grad + c));
  });
}

template <class T>
constexpr LossKernels<T> kKernels = {
    {
#define PAIR_LOSS(name, Formula, target) {&pair_fwd<Formula, T>, &pair_bwd<Formula, T>},
#include "kernels/pair_loss.def"
#undef PAIR_LOSS
    },
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/loss.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_loss(KernelTable& table) { table.loss_kernels = {&kKernels<float>, &kKernels<double>}; }

}  // namespace lamina::LAMINA_ISA_NS

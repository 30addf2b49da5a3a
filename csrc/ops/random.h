// Random tensors and changes in place. Element i of a draw depends on the generator's state and on
// i alone: the thread count changes nothing, and the instruction set changes nothing but the last
// digits of what is scaled or not uniform.
#pragma once

#include "core/generator.h"
#include "core/tensor.h"

namespace lamina {

using Source = Ref<Generator>;

// ---- in place ----

// Uniform in [low, high) for low < high; for low == high always low.
void uniform_(const Tensor& target, double low, double high, const Source& source);
void normal_(const Tensor& target, double mean, double deviation, const Source& source);
// 1 with the probability p, else 0; p is a number or a floating tensor that broadcasts.
void bernoulli_(const Tensor& target, double p, const Source& source);
void bernoulli_(const Tensor& target, const Tensor& p, const Source& source);
// The largest n such that a type holds 0, 1, ..., n exactly.
int64_t largest_integer(DType dtype);
// Integers from low to last, both included.
void random_(const Tensor& target, int64_t low, int64_t last, const Source& source);
// Density rate exp(-rate x) for x > 0.
void exponential_(const Tensor& target, double rate, const Source& source);
// The number of trials until the first success of probability p.
void geometric_(const Tensor& target, double p, const Source& source);
void cauchy_(const Tensor& target, double median, double scale, const Source& source);
// exp of a normal number.
void log_normal_(const Tensor& target, double mean, double deviation, const Source& source);

// ---- new tensors ----

[[nodiscard]] Tensor rand(const Dims& sizes, DType dtype, const Source& source);
[[nodiscard]] Tensor randn(const Dims& sizes, DType dtype, const Source& source);
// Integers in [low, high).
[[nodiscard]] Tensor randint(int64_t low, int64_t high, const Dims& sizes, DType dtype,
                             const Source& source, const char* op = "randint");
// 0, 1, ..., n - 1 in random order.
[[nodiscard]] Tensor randperm(int64_t n, DType dtype, const Source& source);
// Normal numbers with these means and deviations, which broadcast.
[[nodiscard]] Tensor normal(const Tensor& mean, const Tensor& deviation, const Source& source);
// `count` categories per row of weights (rows, categories) or (categories).
[[nodiscard]] Tensor multinomial(const Tensor& weights, int64_t count, bool replacement,
                                 const Source& source);
// Numbers with these rates.
[[nodiscard]] Tensor poisson(const Tensor& rate, const Source& source);
// Successes among `count` trials of probability p, which broadcast.
[[nodiscard]] Tensor binomial(const Tensor& count, const Tensor& p, const Source& source);
// The logarithms of gamma variables of scale 1, differentiable by the concentration.
[[nodiscard]] Tensor log_gamma_variable(const Tensor& concentration, const Source& source);
// Zero with the probability p, else x / (1 - p).
[[nodiscard]] Tensor dropout(const Tensor& x, double p, const Source& source);

}  // namespace lamina

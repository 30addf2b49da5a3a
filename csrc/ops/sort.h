// Order: sorting, selecting by rank, searching in sorted rows. NaN is larger than any number; equal
// elements keep their order, whatever is asked for.
#pragma once

#include "core/tensor.h"
#include "ops/arg_reduce.h"

namespace lamina {

[[nodiscard]] Tensor argsort(const Tensor& x, int64_t dim, bool descending);
[[nodiscard]] ValuesIndices sort(const Tensor& x, int64_t dim, bool descending);
// The k largest (smallest); in order if `sorted`.
[[nodiscard]] ValuesIndices topk(const Tensor& x, int64_t k, int64_t dim, bool largest,
                                 bool sorted);
// The k-th smallest, k from 1.
[[nodiscard]] ValuesIndices kthvalue(const Tensor& x, int64_t k, int64_t dim, bool keepdim);
// Of two in the middle the lower; NaN if there is one among the elements, unless they are to be
// skipped.
enum class NanPolicy : bool { kPropagate, kSkip };
[[nodiscard]] ValuesIndices median(const Tensor& x, int64_t dim, bool keepdim, NanPolicy nan);
[[nodiscard]] Tensor median(const Tensor& x, NanPolicy nan);
// The most frequent value, the smallest of several, and where it stands last.
[[nodiscard]] ValuesIndices mode(const Tensor& x, int64_t dim, bool keepdim);

// Where each value would be inserted into its sorted row (or the only one): before its equals, or
// after them if `right`.
[[nodiscard]] Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right);

}  // namespace lamina

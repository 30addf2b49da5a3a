#include "ops/gradients.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/mode.h"
#include "core/scratch.h"
#include "kernels/dispatch.h"
#include "kernels/optimizer.h"
#include "ops/copy.h"
#include "ops/inplace.h"
#include "ops/loop.h"

namespace lamina {

namespace {

// Sums are folded a piece at a time, whatever the number of threads.
constexpr int64_t kPiece = 4096;

// Part of a tensor, which is buffer `index` of a launch.
struct Piece {
  int index;
  DType dtype;
  int64_t begin, count;

  template <class T>
  T* in(exec::Buffers buffers) const {
    return buffers.get<T>(index) + begin;
  }
};

// The buffers begin with `first`.
std::vector<Piece> cut(const std::vector<Tensor>& tensors, int first) {
  std::vector<Piece> pieces;
  for (const Tensor& tensor : tensors) {
    for (int64_t begin = 0; begin < tensor.count(); begin += kPiece)
      pieces.push_back({first, tensor.dtype(), begin, std::min(kPiece, tensor.count() - begin)});
    ++first;
  }
  return pieces;
}

// Calls f(i, piece) for all of them, on several threads if they are many.
template <class F>
void for_pieces(const std::vector<Piece>& pieces, F f) {
  parallel_for(static_cast<int64_t>(pieces.size()), kCheapGrain / kPiece,
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) f(i, pieces[static_cast<size_t>(i)]);
               });
}

std::vector<Tensor> dense(const char* op, const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors) {
    check<TypeError>(is_floating(tensor.dtype()), op, "expected tensors of floating type; got ",
                     name(tensor.dtype()));
    result.push_back(contiguous(tensor));
  }
  return result;
}

std::vector<const Tensor*> pointers_to(const std::vector<Tensor>& tensors) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& tensor : tensors) pointers.push_back(&tensor);
  return pointers;
}

NormKind kind_of(double norm_type) {
  if (norm_type == 1) return NormKind::kAbsolute;
  if (norm_type == 2) return NormKind::kSquare;
  check(norm_type == std::numeric_limits<double>::infinity(), "total_norm",
        "expected norm_type 1, 2 or infinity; got ", norm_type);
  return NormKind::kLargest;
}

double combined(NormKind kind, const double* parts, int64_t count) {
  double result = 0;
  for (int64_t i = 0; i < count; ++i)
    if (kind == NormKind::kLargest)
      result = std::isnan(parts[i]) || parts[i] > result ? parts[i] : result;
    else
      result += parts[i];
  return kind == NormKind::kSquare ? std::sqrt(result) : result;
}

}  // namespace

Tensor total_norm(const std::vector<Tensor>& tensors, double norm_type) {
  const autograd::Scoped no_grad(autograd::grad_enabled, false);
  const NormKind kind = kind_of(norm_type);
  const std::vector<Tensor> from = dense("total_norm", tensors);
  DType dtype = from.empty() ? default_dtype() : from[0].dtype();
  for (const Tensor& tensor : from) dtype = promote(dtype, tensor.dtype());
  Tensor out = empty({}, dtype);
  const Tensor* result = &out;
  exec::launch("total_norm", exec::Operands(&result, 1), pointers_to(from),
               [kind, dtype, pieces = cut(from, 1)](exec::Buffers buffers) {
                 const auto count = static_cast<int64_t>(pieces.size());
                 const Scratch<double> parts(count);
                 for_pieces(pieces, [&](int64_t i, const Piece& piece) {
                   visit_floating(piece.dtype, [&]<class T>() {
                     kernels().optimizer<T>().fold_norm(kind, piece.count, piece.in<T>(buffers),
                                                        parts.data() + i);
                   });
                 });
                 const double norm = combined(kind, parts.data(), count);
                 visit_floating(dtype,
                                [&]<class T>() { *buffers.get<T>(0) = static_cast<T>(norm); });
               });
  return out;
}

void scale_all(const std::vector<Tensor>& tensors, const Tensor& factor) {
  const autograd::Scoped no_grad(autograd::grad_enabled, false);
  check(factor.count() == 1, "scale", "expected a factor of one element; got shape ",
        factor.sizes());
  for (const Tensor& tensor : tensors) check_inplace("scale", tensor);
  std::vector<Tensor> operands = dense("scale", tensors);
  const auto pieces = cut(operands, 0);
  const auto writes = pointers_to(operands);
  const Tensor by = cast(factor, DType::kFloat64);
  std::vector<const Tensor*> reads = writes;
  reads.push_back(&by);
  const auto factor_at = static_cast<int>(writes.size() + reads.size()) - 1;
  exec::launch("scale", writes, reads, [pieces, factor_at](exec::Buffers buffers) {
    const double value = *buffers.get<double>(factor_at);
    for_pieces(pieces, [&](int64_t, const Piece& piece) {
      visit_floating(piece.dtype, [&]<class T>() {
        kernels().optimizer<T>().scale(piece.count, piece.in<T>(buffers), static_cast<T>(value));
      });
    });
  });
  for (size_t i = 0; i < tensors.size(); ++i)
    if (operands[i].same(tensors[i]))
      bump_version(tensors[i]);
    else
      copy_(tensors[i], operands[i]);
}

}  // namespace lamina

#include "ops/index_plan.h"

#include "ops/copy.h"

namespace lamina {

namespace {

void restrict_axis(IndexAxis& axis, IndexOffsets& at, int64_t first, int64_t last) {
  at.tensor += first * axis.tensor;
  at.index += first * axis.index;
  at.values += first * axis.values;
  axis.size = last - first;
}

// The stride that repeats what expand() would repeat.
int64_t stride_of(const Tensor& tensor, int d) {
  return tensor.size(d) == 1 ? 0 : tensor.stride(d);
}

// The inner axis is the one in which values lie closer together.
bool along_is_inner(const IndexAxis& beside, const IndexAxis& along) {
  if (along.size == 1 || beside.size == 1) return beside.size == 1;
  return along.values < beside.values;
}

}  // namespace

void IndexPlan::add_beside(const IndexAxis& axis) {
  if (axis.size == 1) return;
  if (ndim > 0) {
    IndexAxis& outer = beside[static_cast<size_t>(ndim) - 1];
    if (outer.tensor == axis.tensor * axis.size && outer.index == axis.index * axis.size &&
        outer.values == axis.values * axis.size) {
      outer = {outer.size * axis.size, axis.tensor, axis.index, axis.values};
      return;
    }
  }
  beside[static_cast<size_t>(ndim++)] = axis;
}

Tensor dense_index(const char* op, const Tensor& index) {
  check<TypeError>(index.dtype() == DType::kInt64 || index.dtype() == DType::kInt32, op,
                   "expected indices of type int64 or int32; got ", name(index.dtype()));
  if (index.contiguous() && index.dtype() == DType::kInt64) return index;
  Dims sizes = index.sizes();
  for (int d = 0; d < sizes.size(); ++d)
    if (index.stride(d) == 0 && sizes[d] > 1) sizes[d] = 1;
  return cast(contiguous(window(index, sizes, index.strides(), index->offset)), DType::kInt64);
}

IndexPlan plan_index(const Tensor& tensor, int dim, const Tensor& index, const Tensor& values) {
  IndexPlan plan;
  for (int d = 0; d < values.ndim(); ++d) {
    const bool indexed = d == dim;
    const IndexAxis axis{values.size(d), indexed ? 0 : tensor.stride(d), stride_of(index, d),
                         values.stride(d)};
    if (indexed)
      plan.along = axis;
    else
      plan.add_beside(axis);
  }
  if (tensor.ndim() > 0) plan.step = tensor.stride(dim);
  return plan;
}

Tensor spread_index(const Tensor& index, const Dims& sizes, int dim) {
  Dims strides = Dims::filled(sizes.size(), 0);
  if (index.ndim() > 0) strides[dim] = index.stride(0);
  return window(index, sizes, strides, index->offset);
}

void check_bounds(const char* op, const int64_t* index, int64_t count, int64_t size) {
  parallel_for(count, kCheapGrain, [=](int64_t first, int64_t last) {
    // The top bit of i | (size - 1 - i) is set outside the bounds; plain processors have no quicker
    // comparison.
    const auto largest = static_cast<uint64_t>(size) - 1;
    uint64_t signs = 0;
    for (int64_t i = first; i < last; ++i) {
      const auto at = static_cast<uint64_t>(index[i]);
      signs |= at | (largest - at);
    }
    if (signs >> 63 == 0) [[likely]]
      return;
    while (index[first] >= 0 && index[first] < size) ++first;
    fail<IndexError>(op, "index ", index[first], " is out of bounds for a dimension of size ",
                     size);
  });
}

IndexPieces::IndexPieces(const IndexPlan& plan, CutAlong cut_along) : plan_(plan) {
  if (plan.ndim > 0) row_ = plan.beside[static_cast<size_t>(plan.ndim) - 1];
  for (int d = 0; d + 1 < plan.ndim; ++d) lines_ *= plan.beside[static_cast<size_t>(d)].size;
  work_ = row_.size * plan.along.size;
  const bool along_is_outer = row_.size == 1 || !along_is_inner(row_, plan.along);
  by_position_ = cut_along == CutAlong::kYes && plan.along.size > 1 && along_is_outer;
  // Columns are cut in whole cache lines, so that two threads never write the same one.
  constexpr int64_t kColumns = 64;
  if (!by_position_ && std::min(row_.tensor, row_.values) == 1) unit_ = kColumns;
  const int64_t size = by_position_ ? plan.along.size : row_.size;
  units_ = (size + unit_ - 1) / unit_;
  constexpr int64_t kPiece = kCheapGrain / 4;
  pieces_ = work_ == 0 ? 0 : std::clamp<int64_t>(work_ / kPiece, 1, units_);
  work_ = std::max<int64_t>(work_, 1);
}

IndexLoop IndexPieces::loop(int64_t piece, IndexOffsets& at) const {
  int64_t line = piece / pieces_;
  piece %= pieces_;
  for (int d = plan_.ndim - 2; d >= 0; --d) {
    IndexAxis axis = plan_.beside[static_cast<size_t>(d)];
    const int64_t i = line % axis.size;
    line /= axis.size;
    restrict_axis(axis, at, i, i + 1);
  }
  IndexAxis beside = row_, along = plan_.along;
  IndexAxis& axis = by_position_ ? along : beside;
  restrict_axis(axis, at, units_ * piece / pieces_ * unit_,
                std::min(units_ * (piece + 1) / pieces_ * unit_, axis.size));
  return along_is_inner(beside, along) ? IndexLoop{beside, along, plan_.step}
                                       : IndexLoop{along, beside, plan_.step};
}

}  // namespace lamina

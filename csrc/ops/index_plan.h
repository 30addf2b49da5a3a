// How an indexed access is laid out and cut for threads; what is taken or put, and its gradient,
// stand in index.h and advanced_index.h.
#pragma once

#include <algorithm>
#include <array>

#include "core/parallel.h"
#include "core/tensor.h"
#include "kernels/index_loop.h"
#include "ops/loop.h"

namespace lamina {

// Offsets of a piece of work in the three operands.
struct IndexOffsets {
  int64_t tensor = 0;
  int64_t index = 0;
  int64_t values = 0;
};

// Plain data, so that a body can carry it.
struct IndexPlan {
  IndexAxis along{1, 0, 0, 0};  // the positions in the indexed dimension
  int64_t step = 1;
  int ndim = 0;
  std::array<IndexAxis, kMaxDims> beside;  // all else, outermost first, folded where possible

  void add_beside(const IndexAxis& axis);
};

// `index` with the repetitions of expand() undone and made contiguous, as int64.
Tensor dense_index(const char* op, const Tensor& index);
// values[i, j, k] <-> tensor[i, index[i, j, k], k] for dim 1; the index is dense.
IndexPlan plan_index(const Tensor& tensor, int dim, const Tensor& index, const Tensor& values);
// A one-dimensional index that holds for all that lies beside `dim` in `sizes`.
Tensor spread_index(const Tensor& index, const Dims& sizes, int dim);
// Refuses what lies outside [0, size).
void check_bounds(const char* op, const int64_t* index, int64_t count, int64_t size);

// May a thread take a part of the positions along the indexed dimension? Where several of them may
// meet in one element it may not: each element must see them all, in order.
enum class CutAlong : bool { kNo, kYes };

// One piece of a plan: a line of the outer dimensions and a range of the axis that is cut.
class IndexPieces {
 public:
  IndexPieces(const IndexPlan& plan, CutAlong cut_along);

  int64_t count() const { return lines_ * pieces_; }
  // The pieces that are worth a thread.
  int64_t grain() const { return std::max<int64_t>(1, kCheapGrain * pieces_ / work_); }
  IndexLoop loop(int64_t piece, IndexOffsets& at) const;

 private:
  const IndexPlan& plan_;
  IndexAxis row_{1, 0, 0, 0};  // the innermost of the axes beside
  bool by_position_;           // cuts along, else the row
  int64_t unit_ = 1;
  int64_t units_;  // of the axis that is cut
  int64_t work_;
  int64_t pieces_;
  int64_t lines_ = 1;
};

// Calls f(loop, offsets) until the plan is covered.
template <class F>
void run(const IndexPlan& plan, CutAlong cut_along, F f) {
  const IndexPieces pieces(plan, cut_along);
  parallel_for(pieces.count(), pieces.grain(), [&](int64_t first, int64_t last) {
    for (int64_t piece = first; piece < last; ++piece) {
      IndexOffsets at;
      const IndexLoop loop = pieces.loop(piece, at);
      f(loop, at);
    }
  });
}

}  // namespace lamina

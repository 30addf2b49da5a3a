#include "ops/reduction.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/scratch.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "ops/copy.h"
#include "ops/loop.h"
#include "ops/view.h"

namespace lamina {

namespace {

// Elements that are folded one after the other, before results of such pieces are: for the sake of
// the accuracy of long sums, and to have work for threads.
constexpr int64_t kPieceOfRow = int64_t{1} << 15;
constexpr int64_t kPieceOfColumn = int64_t{1} << 8;
// Elements of one call of a kernel, and columns at least.
constexpr int64_t kTaskElements = int64_t{1} << 14;
constexpr int64_t kTaskColumns = int64_t{1} << 10;
// Reading alone is cheaper than what kCheapGrain stands for.
constexpr int64_t kReadGrain = 4 * kCheapGrain;

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct OpInfo {
  ReduceOp joined_by;
  ReduceResult result;
};
constexpr OpInfo kInfo[] = {
#define REDUCE(name, Formula, joined_by, result) {ReduceOp::joined_by, ReduceResult::result},
#include "kernels/reduce.def"
#undef REDUCE
};
const OpInfo& info(ReduceOp op) { return kInfo[static_cast<int>(op)]; }

// How the elements of a result are cut: into runs of full length, or single runs into parts.
struct Pieces {
  int64_t outer, n;  // of one piece
  int64_t parts;     // of a run
  int64_t count;

  explicit Pieces(const Reduction& how) {
    const int64_t most = how.n_stride == 1 ? kPieceOfRow : kPieceOfColumn;
    parts = std::max<int64_t>(1, ceil_div(how.n, most));
    n = ceil_div(how.n, parts);
    outer = std::clamp<int64_t>(parts > 1 ? 1 : most / std::max<int64_t>(n, 1), 1, how.outer);
    count = parts * ceil_div(how.outer, outer);
  }
  int64_t length() const { return std::max<int64_t>(1, outer * n); }
};

// One call of the kernel: some adjacent results, one piece of their elements.
struct Task {
  ReduceBlock block;
  int64_t x;       // offset of the first element
  int64_t result;  // the first result
};

class Tasks {
 public:
  Tasks(const Reduction& how, const Pieces& pieces)
      : how_(how),
        pieces_(pieces),
        line_(how.kept.back()),
        groups_(line_ == 0 ? 0 : how.results() / line_),
        chunk_(std::max(how.n_stride == 1 ? 1 : kTaskColumns, kTaskElements / pieces.length())),
        chunks_(ceil_div(line_, chunk_)) {}

  int64_t count() const { return pieces_.count * groups_ * chunks_; }
  int64_t elements() const {
    return pieces_.length() * std::max<int64_t>(1, std::min(chunk_, line_));
  }

  Task operator[](int64_t index) const {
    const int64_t first = index % chunks_ * chunk_;
    const int64_t group = index / chunks_ % groups_;
    const int64_t piece = index / chunks_ / groups_;
    const int64_t o = piece / pieces_.parts * pieces_.outer;
    const int64_t j = piece % pieces_.parts * pieces_.n;
    Task task;
    task.block = {std::min(chunk_, line_ - first),
                  how_.kept_strides.back(),
                  std::min(pieces_.outer, how_.outer - o),
                  how_.outer_stride,
                  std::clamp<int64_t>(how_.n - j, 0, pieces_.n),
                  how_.n_stride};
    task.result = piece * groups_ * line_ + group * line_ + first;
    task.x = o * how_.outer_stride + j * how_.n_stride + first * how_.kept_strides.back();
    int64_t rest = group;
    for (int d = how_.kept.size() - 1; d-- > 0; rest /= how_.kept[d])
      task.x += rest % how_.kept[d] * how_.kept_strides[d];
    return task;
  }
  // The place of a task's first result among the results of the reduction.
  int64_t center_of(const Task& task) const { return task.result % (groups_ * line_); }

 private:
  const Reduction& how_;
  const Pieces& pieces_;
  int64_t line_, groups_, chunk_, chunks_;
};

// Adds a dimension to a list in which it may continue the last one.
void append(Dims& sizes, Dims& strides, int64_t size, int64_t stride) {
  if (size == 1) return;
  if (!sizes.empty() && strides.back() == stride * size) {
    sizes[sizes.size() - 1] *= size;
    strides[strides.size() - 1] = stride;
  } else {
    sizes.push_back(size);
    strides.push_back(stride);
  }
}

// Reduced dimensions may be walked in any order; that of memory is best.
Dims by_stride(const Tensor& x, DimMask mask) {
  Dims order;
  for (int d = 0; d < x.ndim(); ++d)
    if (mask >> d & 1U) order.push_back(d);
  const auto before = [&](int64_t a, int64_t b) {
    return x.stride(static_cast<int>(a)) > x.stride(static_cast<int>(b));
  };
  for (int i = 1; i < order.size(); ++i)
    for (int j = i; j > 0 && before(order[j], order[j - 1]); --j) std::swap(order[j], order[j - 1]);
  return order;
}

// False if no kernel walks x like this.
bool plan(const Tensor& x, DimMask mask, Reduction& how) {
  Dims runs, run_strides;
  for (int64_t d : by_stride(x, mask))
    append(runs, run_strides, x.size(static_cast<int>(d)), x.stride(static_cast<int>(d)));
  for (int d = 0; d < x.ndim(); ++d)
    if (!(mask >> d & 1U)) append(how.kept, how.kept_strides, x.size(d), x.stride(d));
  if (how.kept.empty()) {
    how.kept.push_back(1);
    how.kept_strides.push_back(1);
  }
  if (runs.size() > 0) {
    how.n = runs.back();
    how.n_stride = run_strides.back();
  }
  if (runs.size() > 1) {
    how.outer = runs[0];
    how.outer_stride = run_strides[0];
  }
  if (how.length() == 0) how.outer = 1, how.n = 0;
  const bool adjacent = how.n_stride == 1 || how.kept_strides.back() == 1;
  return runs.size() <= 2 && (adjacent || x.count() == 0);
}

}  // namespace

DimMask dim_mask(const char* op, const Dims& dims, int ndim) {
  if (dims.empty()) return (DimMask{1} << ndim) - 1;
  DimMask mask = 0;
  for (int64_t dim : dims) {
    const DimMask bit = DimMask{1} << wrap_dim(op, dim, ndim);
    check(!(mask & bit), op, "expected each dimension once; got ", dims);
    mask |= bit;
  }
  return mask;
}

Dims reduced_sizes(const Dims& sizes, DimMask mask, bool keepdim) {
  Dims result;
  for (int d = 0; d < sizes.size(); ++d) {
    const bool reduced = mask >> d & 1U;
    if (!reduced || keepdim) result.push_back(reduced ? 1 : sizes[d]);
  }
  return result;
}

Tensor with_reduced_dims(const Tensor& result, const Dims& sizes, DimMask mask) {
  const Dims kept = reduced_sizes(sizes, mask, true);
  return result.sizes() == kept ? result : reshape(result, kept);
}

Tensor spread(const Tensor& result, const Dims& sizes, DimMask mask) {
  return expand(with_reduced_dims(result, sizes, mask), sizes);
}

int64_t reduced_count(const Dims& sizes, DimMask mask) {
  int64_t count = 1;
  for (int d = 0; d < sizes.size(); ++d)
    if (mask >> d & 1U) count *= sizes[d];
  return count;
}

void check_not_empty(const char* op, const Dims& sizes, DimMask mask) {
  check<IndexError>(reduced_count(sizes, mask) > 0, op,
                    "expected dimensions with at least one element to reduce; got shape ", sizes);
}

int64_t Reduction::results() const {
  int64_t count = 1;
  for (int64_t size : kept) count *= size;
  return count;
}

Reducible reducible(const Tensor& x, DimMask mask) {
  Reducible result{detach(x), {}};
  if (plan(x, mask, result.how)) return result;
  Dims order, sizes;
  for (const bool reduced : {false, true})
    for (int d = 0; d < x.ndim(); ++d)
      if (static_cast<bool>(mask >> d & 1U) == reduced) order.push_back(d);
  result.x = clone(permute(result.x, order));
  const int kept = x.ndim() - __builtin_popcount(mask);
  const DimMask last = ((DimMask{1} << x.ndim()) - 1) & ~((DimMask{1} << kept) - 1);
  result.how = {};
  plan(result.x, last, result.how);
  return result;
}

DType result_type(ReduceOp op, DType dtype) {
  switch (info(op).result) {
    case ReduceResult::kWide:
      return is_floating(dtype) ? dtype : DType::kInt64;
    case ReduceResult::kTruth:
      return DType::kBool;
    case ReduceResult::kCount:
      return DType::kInt64;
    default:
      return dtype;
  }
}

void reduce_into(const Reduction& how, ReduceOp op, DType dtype, const void* x, const void* center,
                 void* y) {
  if (how.results() == 0) return;
  const Pieces pieces(how);
  const Tasks tasks(how, pieces);
  const DType type = result_type(op, dtype);
  const int64_t x_size = item_size(dtype), y_size = item_size(type);
  ReduceKernel* kernel = kernels().reduce[static_cast<int>(dtype)][static_cast<int>(op)];
  Scratch<std::byte> partial;
  auto* to = static_cast<std::byte*>(y);
  if (pieces.count > 1) to = partial.reserve(pieces.count * how.results() * y_size);

  const int64_t grain = op == ReduceOp::sum_exp ? kMathGrain : kReadGrain;
  parallel_for(tasks.count(), ceil_div(grain, tasks.elements()), [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Task task = tasks[i];
      const auto* from = static_cast<const std::byte*>(center);
      kernel(task.block, static_cast<const std::byte*>(x) + task.x * x_size,
             from ? from + tasks.center_of(task) * x_size : nullptr, to + task.result * y_size);
    }
  });
  if (pieces.count == 1) return;
  Reduction rest;
  rest.kept = {how.results()};
  rest.kept_strides = {1};
  rest.n = pieces.count;
  rest.n_stride = how.results();
  reduce_into(rest, info(op).joined_by, type, to, nullptr, y);
}

Tensor reduce(const char* name, ReduceOp op, const Tensor& x, DimMask mask, bool keepdim) {
  const Reducible from = reducible(x, mask);
  const DType dtype = x.dtype();
  Tensor out = empty(reduced_sizes(x.sizes(), mask, keepdim), result_type(op, dtype));
  exec::launch(name, {&out}, {&from.x}, [how = from.how, op, dtype](exec::Buffers buffers) {
    reduce_into(how, op, dtype, buffers.get<void>(1), nullptr, buffers.get<void>(0));
  });
  return out;
}

}  // namespace lamina

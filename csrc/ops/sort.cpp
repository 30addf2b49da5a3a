#include "ops/sort.h"

#include "core/scratch.h"
#include "exec/launch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/lines.h"
#include "ops/loop.h"
#include "ops/sort_entries.h"
#include "ops/view.h"

namespace lamina {

namespace {

// What is wanted of a row.
enum class Pick : uint8_t {
  kAll,
  kFirst,
  kFirstInAnyOrder,
  kRank,
  kMedian,
  kMedianOfNumbers,
  kMode
};

// Positions to report: `count` of them.
struct Order {
  Pick pick;
  int64_t count;
  int64_t rank;
  bool descending;
};

// Orders rows of one length as far as needed, in its own memory.
template <class T>
class RowPicker {
 public:
  using Entry = SortEntry<T>;
  using Packed = typename Entry::Type;

  RowPicker(const Order& order, int64_t n) : order_(order), n_(n), memory_(2 * n) {}

  void run(const T* row, int64_t stride, int64_t* out) {
    Packed* entries = memory_.data();
    for (int64_t i = 0; i < n_; ++i)
      entries[i] = Entry::make(row[i * stride], i, order_.descending);
    const Packed* found = pick(entries);
    for (int64_t i = 0; i < order_.count; ++i) out[i * stride] = Entry::position(found[i]);
  }

 private:
  const Packed* pick(Packed* entries) {
    switch (order_.pick) {
      case Pick::kAll:
        sort_entries<T>(entries, entries + n_, n_);
        return entries;
      case Pick::kFirst:
      case Pick::kFirstInAnyOrder:
        return first(entries);
      case Pick::kRank:
        return nth(entries, order_.rank);
      case Pick::kMedian:
      case Pick::kMedianOfNumbers:
        return median(entries);
      case Pick::kMode:
        break;
    }
    return most_frequent(entries);
  }

  Packed* nth(Packed* entries, int64_t rank) {
    std::nth_element(entries, entries + rank, entries + n_);
    return entries + rank;
  }

  Packed* first(Packed* entries) {
    Packed* const end = entries + order_.count;
    if (order_.count * 8 < n_) {  // a heap of the best beats partitioning while it is small
      std::partial_sort(entries, end, entries + n_);
    } else {
      if (order_.count < n_) nth(entries, order_.count);
      if (order_.pick == Pick::kFirst) std::sort(entries, end);
    }
    return entries;
  }

  Packed* median(Packed* entries) {
    const auto is_nan = [](Packed entry) {
      return std::is_floating_point_v<T> && Entry::key(entry) == Entry::Key::kNan;
    };
    const int64_t nans = std::count_if(entries, entries + n_, is_nan);
    if (nans > 0 && order_.pick == Pick::kMedian)
      return std::find_if(entries, entries + n_, is_nan);
    return nth(entries, std::max<int64_t>(0, n_ - nans - 1) / 2);
  }

  Packed* most_frequent(Packed* entries) {
    sort_entries<T>(entries, entries + n_, n_);
    int64_t best = 0, longest = 0, start = 0;
    for (int64_t i = 0; i < n_; ++i) {
      if (i + 1 < n_ && Entry::key(entries[i]) == Entry::key(entries[i + 1])) continue;
      if (i + 1 - start > longest) {
        longest = i + 1 - start;
        best = i;
      }
      start = i + 1;
    }
    return entries + best;
  }

  const Order& order_;
  int64_t n_;
  Scratch<Packed> memory_;
};

// The positions along `dim`, which takes the size order.count.
Tensor pick_indices(const char* op, const Tensor& given, int dim, const Order& order) {
  const Tensor x = contiguous(detach(given));
  const Lines lines(x.sizes(), dim);
  check<NotImplemented>(lines.n < int64_t{1} << 32, op, "is made for fewer than 2^32 elements");
  Dims sizes = x.sizes();
  if (!sizes.empty()) sizes[dim] = order.count;
  Tensor out = empty(sizes, DType::kInt64);
  if (out.count() == 0) return out;
  visit(x.dtype(), [&]<class T>() {
    exec::launch(op, {&out}, {&x}, [=](exec::Buffers buffers) {
      const int64_t rows = lines.groups * lines.inner;
      parallel_for(
          rows, std::max<int64_t>(1, kCostlyGrain / lines.n), [&](int64_t first, int64_t last) {
            RowPicker<T> picker(order, lines.n);
            for (int64_t row = first; row < last; ++row) {
              const int64_t group = row / lines.inner, at = row % lines.inner;
              picker.run(buffers.get<const T>(1) + group * lines.n * lines.inner + at, lines.inner,
                         buffers.get<int64_t>(0) + group * order.count * lines.inner + at);
            }
          });
    });
  });
  return out;
}

int64_t size_along(const Tensor& x, int dim) { return x.ndim() > 0 ? x.size(dim) : 1; }

// The elements at the indices, with their history.
ValuesIndices at_indices(const Tensor& x, int dim, const Tensor& indices) {
  return {gather(x, dim, indices), indices};
}

ValuesIndices pick_one(const char* op, const Tensor& x, int64_t dim, bool keepdim, Pick pick,
                       int64_t rank) {
  const int d = wrap_dim(op, dim, x.ndim());
  check<IndexError>(size_along(x, d) > 0, op, "expected elements in dimension ", d, " of shape ",
                    x.sizes());
  ValuesIndices found = at_indices(x, d, pick_indices(op, x, d, {pick, 1, rank, false}));
  if (keepdim || x.ndim() == 0) return found;
  return {select_index(found.values, d, 0), select_index(found.indices, d, 0)};
}

}  // namespace

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  const int d = wrap_dim("sort", dim, x.ndim());
  return pick_indices("sort", x, d, {Pick::kAll, size_along(x, d), 0, descending});
}

ValuesIndices sort(const Tensor& x, int64_t dim, bool descending) {
  return at_indices(x, wrap_dim("sort", dim, x.ndim()), argsort(x, dim, descending));
}

ValuesIndices topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted) {
  const int d = wrap_dim("topk", dim, x.ndim());
  check(k >= 0 && k <= size_along(x, d), "topk", "expected k from 0 to ", size_along(x, d),
        ", the size of dimension ", d, "; got ", k);
  const Pick pick = sorted ? Pick::kFirst : Pick::kFirstInAnyOrder;
  return at_indices(x, d, pick_indices("topk", x, d, {pick, k, 0, largest}));
}

ValuesIndices kthvalue(const Tensor& x, int64_t k, int64_t dim, bool keepdim) {
  const int d = wrap_dim("kthvalue", dim, x.ndim());
  check(k >= 1 && k <= size_along(x, d), "kthvalue", "expected k from 1 to ", size_along(x, d),
        ", the size of dimension ", d, "; got ", k);
  return pick_one("kthvalue", x, d, keepdim, Pick::kRank, k - 1);
}

ValuesIndices median(const Tensor& x, int64_t dim, bool keepdim, NanPolicy nan) {
  const Pick pick = nan == NanPolicy::kSkip ? Pick::kMedianOfNumbers : Pick::kMedian;
  return pick_one("median", x, dim, keepdim, pick, 0);
}

Tensor median(const Tensor& x, NanPolicy nan) {
  return median(reshape(x, {-1}), 0, false, nan).values;
}

ValuesIndices mode(const Tensor& x, int64_t dim, bool keepdim) {
  return pick_one("mode", x, dim, keepdim, Pick::kMode, 0);
}

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) {
  bool rows_match = sorted.ndim() == values.ndim();
  for (int d = 0; rows_match && d + 1 < sorted.ndim(); ++d)
    rows_match = sorted.size(d) == values.size(d);
  check(sorted.ndim() == 1 || (sorted.ndim() > 0 && rows_match), "searchsorted",
        "expected one sorted row, or one for each row of values; got shapes ", sorted.sizes(),
        " and ", values.sizes());
  const DType dtype = result_type(sorted, values);
  const Tensor rows = contiguous(cast(detach(sorted), dtype));
  const Tensor wanted = contiguous(cast(detach(values), dtype));
  Tensor out = empty(values.sizes(), DType::kInt64);
  const int64_t n = rows.sizes().back();
  const int64_t per_row = sorted.ndim() == 1 ? out.count() : out.sizes().back();
  visit(dtype, [&]<class T>() {
    exec::launch(
        "searchsorted", {&out}, {&rows, &wanted}, [=, count = out.count()](exec::Buffers buffers) {
          parallel_for(count, kCostlyGrain, [=](int64_t first, int64_t last) {
            for (int64_t i = first; i < last; ++i) {
              const T* row = buffers.get<const T>(1) + i / per_row * n;
              const T value = buffers.get<const T>(2)[i];
              // Negated, so that NaN comes last.
              const auto before = [=](T element) {
                return right ? !(element > value) : !(element >= value);
              };
              buffers.get<int64_t>(0)[i] = std::partition_point(row, row + n, before) - row;
            }
          });
        });
  });
  return out;
}

}  // namespace lamina

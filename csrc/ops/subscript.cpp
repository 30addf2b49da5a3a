#include "ops/subscript.h"

#include "exec/launch.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/view.h"

namespace lamina {

namespace {

constexpr const char* kName = "index";

bool is_mask(const Tensor& index) { return index.dtype() == DType::kBool; }

int64_t item(const Tensor& index) {
  exec::value_read(kName, "use index_select() or gather(), which read it in the step");
  return *cast(index, DType::kInt64).data<int64_t>();
}

// Applies indices one by one: those without tensors narrow the view at once, the others are kept
// for later.
struct IndexReader {
  Tensor view;
  std::vector<std::pair<int, Tensor>>
      tensors;  // with the first dimension of the view that each one indexes
  int dim = 0;
  int skipped_by_ellipsis = 0;

  void operator()(int64_t i) { view = select_index(view, dim, i); }
  void operator()(const Slice& range) {
    if (range.start || range.stop || range.step != 1)
      view = slice(view, dim, range.start.value_or(0), range.stop.value_or(view.size(dim)),
                   range.step);
    ++dim;
  }
  void operator()(NewAxis) { view = unsqueeze(view, dim++); }
  void operator()(Ellipsis) { dim += skipped_by_ellipsis; }
  void operator()(const Tensor& index) {
    if (is_mask(index)) {
      read_mask(index);
    } else if (index.ndim() == 0 && !is_floating(index.dtype())) {
      (*this)(item(index));
    } else {
      tensors.emplace_back(dim++, index);
    }
  }

 private:
  void read_mask(const Tensor& mask) {
    if (mask.ndim() == 0) {
      view = unsqueeze(view, dim);
      tensors.emplace_back(dim++, reshape(mask, {1}));
      return;
    }
    for (int d = 0; d < mask.ndim(); ++d)
      check<IndexError>(mask.size(d) == view.size(dim + d), kName,
                        "expected a mask of the shape it "
                        "is used on; got shape ",
                        mask.sizes(), " at dimension ", dim, " of ", view.sizes());
    const Tensor used = mask.ndim() > 1 && fold(mask.ndim()) ? reshape(mask, {-1}) : mask;
    tensors.emplace_back(dim, used);
    dim += used.ndim();
  }

  // Makes one dimension of the next `count`, if a view can: one column of coordinates is quicker
  // than several.
  bool fold(int count) {
    Dims sizes = view.sizes(), strides;
    for (int d = 1; d < count; ++d) {
      sizes[dim] *= sizes[dim + 1];
      sizes.erase(dim + 1);
    }
    if (!view_strides(view.sizes(), view.strides(), sizes, strides)) return false;
    view = lamina::view(view, sizes);
    return true;
  }
};

// How many dimensions an index uses up.
int dims_used(const Index& index) {
  if (const Tensor* tensor = std::get_if<Tensor>(&index))
    return is_mask(*tensor) ? tensor->ndim() : 1;
  return std::holds_alternative<int64_t>(index) || std::holds_alternative<Slice>(index) ? 1 : 0;
}

IndexReader read(const Tensor& x, std::span<const Index> indices) {
  int used = 0, ellipses = 0;
  for (const Index& index : indices) {
    used += dims_used(index);
    ellipses += std::holds_alternative<Ellipsis>(index) ? 1 : 0;
  }
  check<IndexError>(ellipses <= 1, kName, "expected at most one ellipsis (...); got ", ellipses);
  check<IndexError>(used <= x.ndim(), kName, "too many indices: ", used, " for shape ", x.sizes());
  IndexReader reader{x, {}, 0, x.ndim() - used};
  for (const Index& index : indices) std::visit(reader, index);
  return reader;
}

// One tensor of indices a dimension; masks become the coordinates of what they choose.
std::vector<Tensor> index_each_dim(const IndexReader& reader) {
  std::vector<Tensor> at(static_cast<size_t>(reader.view.ndim()));
  for (const auto& [dim, index] : reader.tensors) {
    auto place = at.begin() + dim;
    if (!is_mask(index)) {
      *place = index;
      continue;
    }
    const Tensor coordinates = nonzero(index);
    for (int d = 0; d < index.ndim(); ++d) *place++ = select_index(coordinates, 1, d);
  }
  return at;
}

}  // namespace

Tensor index(const Tensor& x, std::span<const Index> indices) {
  const IndexReader reader = read(x, indices);
  if (!reader.tensors.empty()) return take_at(kName, reader.view, index_each_dim(reader));
  return reader.view.same(x) ? view(x, x.sizes()) : reader.view;
}

void set_index(const Tensor& x, std::span<const Index> indices, const Tensor& value,
               Accumulate accumulate) {
  const IndexReader reader = read(x, indices);
  const bool set = accumulate == Accumulate::kNo;
  if (reader.tensors.empty()) {
    const Tensor given = without_leading_ones(value, reader.view.ndim());
    set ? copy_(reader.view, given) : binary_(BinaryOp::add, reader.view, given);
    return;
  }
  const auto& [dim, mask] = reader.tensors[0];
  if (reader.tensors.size() == 1 && is_mask(mask) && value.ndim() == 0 && set) {
    // The number of places need not be known.
    Dims sizes = mask.sizes();
    for (int d = dim + mask.ndim(); d < reader.view.ndim(); ++d) sizes.push_back(1);
    masked_fill_(reader.view, reshape(mask, sizes), value);
    return;
  }
  put_at_(reader.view, index_each_dim(reader), value, accumulate);
}

}  // namespace lamina

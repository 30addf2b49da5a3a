// The kernels of embeddings.
#include "kernels/embedding.h"

#include "kernels/isa/vec_walk.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
void gather_rows(int64_t count, int64_t dim, const int64_t* index, const T* table, T* rows) {
  for (int64_t i = 0; i < count; ++i, rows += dim) {
    const T* row = table + index[i] * dim;
    walk<T>(dim, [&](int64_t c, auto part) { part.store(rows + c, part.load(row + c)); });
  }
}

// to += row * scale
template <class T>
LAMINA_INLINE void add_row(int64_t dim, const T* row, T scale, T* to) {
  const Vec<T> factor(scale);
  walk<T>(dim, [&](int64_t c, auto part) {
    part.store(to + c, fma(part.load(row + c), factor, part.load(to + c)));
  });
}

template <class T>
void sum_rows(int64_t count, int64_t dim, const int64_t* index, const T* scale, const T* table,
              T* sum) {
  for (int64_t c = 0; c < dim; ++c) sum[c] = 0;
  for (int64_t i = 0; i < count; ++i)
    add_row(dim, table + index[i] * dim, scale ? scale[i] : T(1), sum);
}

template <class T>
void add_rows(const RowSums<T>& sums, T* table) {
  for (int64_t i = 0; i < sums.count; ++i) {
    const int64_t row = sums.index[i];
    if (row < sums.first || row >= sums.last || row == sums.skipped) continue;
    const int64_t from = sums.source ? sums.source[i] : i;
    add_row(sums.dim, sums.grad + from * sums.dim, sums.scale ? sums.scale[i] : T(1),
            table + row * sums.dim);
  }
}

template <class T>
constexpr EmbeddingKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/embedding.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_embedding(KernelTable& table) {
  table.embedding_kernels = {&kKernels<float>, &kKernels<double>};
}

}  // namespace lamina::LAMINA_ISA_NS

#include "core/shape.h"

namespace lamina {

std::ostream& operator<<(std::ostream& stream, const Dims& dims) {
  stream << '(';
  for (int i = 0; i < dims.size(); ++i) stream << (i ? ", " : "") << dims[i];
  return stream << (dims.size() == 1 ? ",)" : ")");
}

int64_t element_count(const char* op, const Dims& sizes) {
  constexpr int64_t kLimit = int64_t{1} << 60;
  int64_t count = 1;
  bool zero = false;
  for (int64_t size : sizes) {
    check(size >= 0, op, "expected sizes that are not negative; got shape ", sizes);
    if (size == 0) {
      zero = true;
      continue;
    }
    check(count <= kLimit / size, op, "expected a shape that fits in memory; got ", sizes);
    count *= size;
  }
  return zero ? 0 : count;
}

Dims contiguous_strides(const Dims& sizes) {
  Dims strides = Dims::filled(sizes.size(), 1);
  for (int i = sizes.size() - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * (sizes[i + 1] > 0 ? sizes[i + 1] : 1);
  return strides;
}

bool is_contiguous(const Dims& sizes, const Dims& strides) {
  int64_t expected = 1;
  bool contiguous = true;
  for (int i = sizes.size() - 1; i >= 0; --i) {
    if (sizes[i] == 0) return true;
    if (sizes[i] == 1) continue;
    contiguous &= strides[i] == expected;
    expected *= sizes[i];
  }
  return contiguous;
}

Dims broadcast(const char* op, const Dims& a, const Dims& b) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims result = longer;
  const int shift = longer.size() - shorter.size();
  for (int i = 0; i < shorter.size(); ++i) {
    int64_t& size = result[i + shift];
    if (size == shorter[i] || shorter[i] == 1) continue;
    check(size == 1, op, "expected shapes that broadcast together; got ", a, " and ", b);
    size = shorter[i];
  }
  return result;
}

int wrap_dim(const char* op, int64_t dim, int ndim) {
  const int64_t limit = ndim > 0 ? ndim : 1;
  check<IndexError>(dim >= -limit && dim < limit, op, "expected a dimension in [", -limit, ", ",
                    limit - 1, "]; got ", dim);
  return static_cast<int>(dim < 0 ? dim + limit : dim);
}

bool view_strides(const Dims& sizes, const Dims& strides, const Dims& target, Dims& result) {
  result = contiguous_strides(target);
  if (is_contiguous(sizes, strides)) return true;
  Dims run_sizes, run_strides;
  for (int i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 1) continue;
    run_sizes.push_back(sizes[i]);
    run_strides.push_back(strides[i]);
  }
  // Walk both shapes from the back in groups of equal element count; a group must be one strided
  // run.
  int to = target.size() - 1;
  for (int from = run_sizes.size() - 1; from >= 0;) {
    const int64_t run_stride = run_strides[from];
    int64_t run = run_sizes[from--];
    while (from >= 0 && run_strides[from] == run * run_stride) run *= run_sizes[from--];
    int64_t taken = 1;
    while (to >= 0 && (taken < run || target[to] == 1)) {
      result[to] = taken * run_stride;
      taken *= target[to--];
    }
    if (taken != run) return false;
  }
  while (to >= 0)
    if (target[to--] != 1) return false;
  return true;
}

Dims infer_sizes(const char* op, const Dims& target, const Dims& from, int64_t count) {
  Dims result = target;
  int unknown = -1;
  int64_t known = 1;
  for (int i = 0; i < target.size(); ++i) {
    if (target[i] == -1) {
      check(unknown < 0, op, "expected at most one size of -1; got ", target);
      unknown = i;
    } else {
      check(target[i] >= 0, op, "expected sizes that are not negative; got ", target);
      check(!__builtin_mul_overflow(known, target[i], &known), op,
            "expected a shape that fits in memory; got ", target);
    }
  }
  if (unknown >= 0) {
    check(known > 0 && count % known == 0, op, "expected a shape for ", count,
          " elements (from shape ", from, "); got ", target);
    result[unknown] = count / known;
  } else {
    check(known == count, op, "expected a shape for ", count, " elements (from shape ", from,
          "); got ", target);
  }
  return result;
}

}  // namespace lamina

// The kernels of sliding windows: what is done with the taps of each window.
#include "kernels/pool.h"

#include "kernels/isa/windows.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

namespace {

template <class T>
void split_phases(const PoolPhases& phases, int64_t planes, const T* x, T* buffer) {
  const RowCut<T> cut(phases);
  each_row(phases, planes, [&](int64_t row, int64_t at) {
    if (at >= 0) cut.split(x + row * cut.axis.in, buffer + at);
  });
}

template <class T>
void join_phases(const PoolPhases& phases, int64_t planes, const T* buffer, T* x) {
  const RowCut<T> cut(phases);
  each_row(phases, planes, [&](int64_t row, int64_t at) {
    T* to = x + row * cut.axis.in;
    if (at >= 0)
      cut.join(buffer + at, to);
    else
      walk<T>(cut.axis.in, [&](int64_t i, auto part) { part.store(to + i, Vec<T>(T(0))); });
  });
}

// Calls f(place in a phase, place among the results, part) for each vector of windows.
template <class T, class F>
LAMINA_INLINE void each_vector(const PoolRuns& runs, F f) {
  int64_t result = 0;
  for (int64_t plane = 0; plane < runs.counts[0]; ++plane)
    for (int64_t z = 0; z < runs.counts[1]; ++z)
      for (int64_t y = 0; y < runs.counts[2]; ++y, result += runs.length) {
        const int64_t place = plane * runs.steps[0] + z * runs.steps[1] + y * runs.steps[2];
        walk<T>(runs.length, [&](int64_t i, auto part) { f(place + i, result + i, part); });
      }
}

template <class T>
void frame_planes(const PoolRows& rows, const T* x, T fill, T* framed) {
  for (int64_t plane = 0; plane < rows.counts[0]; ++plane)
    for (int64_t z = 0; z < rows.counts[1]; ++z)
      for (int64_t y = 0; y < rows.counts[2]; ++y, x += rows.length) {
        T* to = framed + plane * rows.steps[0] + z * rows.steps[1] + y * rows.steps[2];
        walk<T>(rows.length,
                [&](int64_t i, auto part) { part.fill(part.load(x + i), fill).store(to + i); });
      }
}

template <class T>
struct Greatest {
  T* y;
  TapOf<T>* at;
  bool& bare;
  Vec<T> best{};
  IntVec<T> number{};

  LAMINA_INLINE void begin() {
    best = Vec<T>(-Layout<T>::kInfinity);
    number = IntVec<T>(0);
  }
  LAMINA_INLINE void add(int64_t k, Vec<T> value) {
    const Mask<T> better = (value > best) | isnan(value);
    best = select(better, value, best);
    number = select(better, IntVec<T>(static_cast<TapOf<T>>(k)), number);
  }
  LAMINA_INLINE void end(int64_t result, int64_t room) {
    store_within(y + result, room, best);
    if (at == nullptr) return;
    store_within(reinterpret_cast<T*>(at) + result, room, from_bits(number));
    bare |= any(best == Vec<T>(-Layout<T>::kInfinity));
  }
};

template <class T>
void max_fwd(const PoolRows& rows, const PoolTaps& taps, const T* x, T* y, TapOf<T>* at,
             bool& bare) {
  with_stride(rows.stride, [&]<int kStride>(RowStride<kStride>) {
    fold_windows<kStride>(rows, taps, x, Greatest<T>{y, at, bare});
  });
}

template <class T>
void max_bwd(const PoolElements& of, const T* grad, const T* at, T* grad_x) {
  with_stride(of.strides[2], [&]<int kStride>(RowStride<kStride>) {
    sum_shares<kStride>(of, grad_x, [=](int64_t k, int64_t i) {
      const IntVec<T> number(static_cast<TapOf<T>>(k));
      return select(to_bits(Vec<T>::load(at + i)) == number, Vec<T>::load(grad + i), Vec<T>(T(0)));
    });
  });
}

template <class T>
struct Total {
  T* y;
  Vec<T> sum{};

  LAMINA_INLINE void begin() { sum = Vec<T>(T(0)); }
  LAMINA_INLINE void add(int64_t, Vec<T> value) { sum += value; }
  LAMINA_INLINE void end(int64_t result, int64_t room) { store_within(y + result, room, sum); }
};

template <class T>
void sum_fwd(const PoolRows& rows, const PoolTaps& taps, const T* x, T* y) {
  with_stride(rows.stride, [&]<int kStride>(RowStride<kStride>) {
    fold_windows<kStride>(rows, taps, x, Total<T>{y});
  });
}

template <class T>
void sum_bwd(const PoolElements& of, const T* grad, T* grad_x) {
  with_stride(of.strides[2], [&]<int kStride>(RowStride<kStride>) {
    sum_shares<kStride>(of, grad_x, [=](int64_t, int64_t i) { return Vec<T>::load(grad + i); });
  });
}

// Calls f(tap, place among the results, part) for what goes to each tap: tap by tap, so that no
// load meets a store of nearly the same address.
template <bool kDisjoint, class T, class F>
LAMINA_INLINE void scatter(const PoolRuns& runs, const PoolTaps& taps, T* buffer, F f) {
  for (int64_t k = 0; k < taps.count; ++k)
    each_vector<T>(runs, [&](int64_t place, int64_t result, auto part) {
      T* cells = buffer + taps.offsets[k] + place;
      const Vec<T> value = f(k, result, part);
      part.store(cells, kDisjoint ? value : part.load(cells) + value);
    });
}
template <class T, class F>
LAMINA_INLINE void scatter(const PoolRuns& runs, const PoolTaps& taps, T* buffer, F f) {
  if (taps.disjoint)
    scatter<true>(runs, taps, buffer, f);
  else
    scatter<false>(runs, taps, buffer, f);
}

template <class T>
void copy_taps(const PoolRuns& runs, const PoolTaps& taps, const T* buffer, T* y, int64_t step) {
  for (int64_t k = 0; k < taps.count; ++k)
    each_vector<T>(runs, [&](int64_t place, int64_t result, auto part) {
      part.store(y + k * step + result, part.load(buffer + taps.offsets[k] + place));
    });
}

template <class T>
void add_taps(const PoolRuns& runs, const PoolTaps& taps, const T* y, int64_t step, T* buffer) {
  scatter(runs, taps, buffer,
          [&](int64_t k, int64_t result, auto part) { return part.load(y + k * step + result); });
}

template <class T>
void divide_planes(int64_t planes, int64_t n, const T* x, const T* divisors, T* y) {
  for (int64_t plane = 0; plane < planes; ++plane, x += n, y += n)
    walk<T>(n, [&](int64_t i, auto part) {
      part.store(y + i, part.load(x + i) / part.fill(part.load(divisors + i), Vec<T>(T(1))));
    });
}

template <class T>
LAMINA_INLINE void max_window(const PoolWindows& w, int64_t z, int64_t y, int64_t x, const T* from,
                              T& best, int64_t& index) {
  best = -Layout<T>::kInfinity;
  index = (w.first[0][z] * w.in[1] + w.first[1][y]) * w.in[2] + w.first[2][x];
  for (int64_t i = w.first[0][z]; i < w.last[0][z]; ++i)
    for (int64_t j = w.first[1][y]; j < w.last[1][y]; ++j)
      for (int64_t k = w.first[2][x]; k < w.last[2][x]; ++k) {
        const int64_t at = (i * w.in[1] + j) * w.in[2] + k;
        if (from[at] > best || isnan(from[at])) {
          best = from[at];
          index = at;
        }
      }
}

template <class T>
void max_windows(const PoolWindows& windows, const T* x, T* y, int64_t* index) {
  int64_t at = 0;
  for (int64_t i = 0; i < windows.out[0]; ++i)
    for (int64_t j = 0; j < windows.out[1]; ++j)
      for (int64_t k = 0; k < windows.out[2]; ++k, ++at)
        max_window(windows, i, j, k, x, y[at], index[at]);
}

template <class T>
constexpr PoolKernels<T> kKernels = {
#define FLOAT_KERNEL(name, args) &name<T>,
#include "kernels/pool.def"
#undef FLOAT_KERNEL
};

}  // namespace

void fill_pool(KernelTable& table) { table.pool_kernels = {&kKernels<float>, &kKernels<double>}; }

}  // namespace lamina::LAMINA_ISA_NS

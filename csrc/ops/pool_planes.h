// The walk of windows that are pooled where they lie: planes spread over threads, chunk by chunk,
// and copied into a frame only where a window reaches beyond them.
#pragma once

#include <algorithm>

#include "core/parallel.h"
#include "core/scratch.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "ops/loop.h"
#include "ops/pool_frame.h"

namespace lamina {

// How far behind their last element kernels may read.
template <class T>
inline constexpr int64_t kPoolRoom = 128 / sizeof(T);

// Planes as kernels read them, of which a thread has so many at a time.
template <class T>
class FramedPlanes {
 public:
  FramedPlanes(const PoolFrame& frame, int64_t planes, T fill)
      : frame_(frame), count_(planes * frame.plane() + kPoolRoom<T>), fill_(fill) {}

  // x itself, if the planes need no margin and `behind` more elements follow them.
  const T* get(const T* x, int64_t planes, int64_t behind) {
    if (frame_.bare() && behind >= kPoolRoom<T>) return x;
    if (buffer_.data() == nullptr) std::fill_n(buffer_.reserve(count_), count_, fill_);
    kernels().pool<T>().frame_planes(frame_.rows(planes), x, fill_,
                                     buffer_.data() + frame_.origin());
    return buffer_.data();
  }

 private:
  const PoolFrame& frame_;
  const int64_t count_;
  const T fill_;
  Scratch<T> buffer_;
};

// Calls f(begin, end, planes to take at a time) on every thread.
template <class F>
void for_planes(const PoolShape& shape, F f) {
  constexpr int64_t kChunk = int64_t{1} << 12;  // elements that stay in the first cache
  const int64_t work = shape.plane_in() + shape.plane_out() * shape.taps() / 4;
  const int64_t chunk = std::clamp<int64_t>(kChunk / shape.plane_in(), 1, shape.planes);
  parallel_for(shape.planes, std::max<int64_t>(1, kCheapGrain / work),
               [&](int64_t begin, int64_t end) { f(begin, end, chunk); });
}

// Calls f(first plane, rows of windows, their taps, what they are read from), `fill` being on the
// padding.
template <class T, class F>
void for_windows(const PoolShape& shape, const T* x, T fill, F f) {
  const PoolFrame frame = input_frame(shape);
  const Scratch<int64_t> offsets(shape.taps());
  tap_offsets(shape, frame, offsets.data());
  const PoolTaps taps{shape.taps(), offsets.data(), false};
  for_planes(shape, [&](int64_t begin, int64_t end, int64_t chunk) {
    FramedPlanes<T> framed(frame, chunk, fill);
    for (int64_t first = begin; first < end; first += chunk) {
      const int64_t planes = std::min(chunk, end - first);
      const int64_t behind = (shape.planes - first - planes) * shape.plane_in();
      f(first, window_rows(shape, frame, planes), taps,
        framed.get(x + first * shape.plane_in(), planes, behind));
    }
  });
}

// On every thread makes a body by f(frame of the results, planes at a time), and calls
// body(first plane, elements) for each chunk.
template <class F>
void for_elements(const PoolShape& shape, F f) {
  const PoolFrame frame = result_frame(shape);
  const PoolCoverage coverage(shape, frame);
  for_planes(shape, [&](int64_t begin, int64_t end, int64_t chunk) {
    auto body = f(frame, chunk);
    for (int64_t first = begin; first < end; first += chunk)
      body(first, coverage.elements(std::min(chunk, end - first)));
  });
}

}  // namespace lamina

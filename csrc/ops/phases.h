// The walk of sliding windows: planes spread over threads, cut into phases chunk by chunk, handed
// to kernels that see taps alone.
#pragma once

#include <algorithm>

#include "core/parallel.h"
#include "core/scratch.h"
#include "exec/launch.h"
#include "kernels/dispatch.h"
#include "ops/loop.h"
#include "ops/pool_shape.h"

namespace lamina {

// A chunk of planes: `first` and how many.
template <class T>
struct PhaseChunk {
  int64_t first, planes;
  PoolRuns runs;
  PoolTaps taps;
  T* buffer;
};

inline int64_t buffer_size(const PoolPhases& phases) {
  return phases.phase * phases.axes[0].stride * phases.axes[1].stride * phases.axes[2].stride;
}

template <class T, class F>
void for_phases(const PoolShape& shape, const PoolPhases& phases, T fill, F f) {
  const Scratch<int64_t> offsets(shape.taps());
  tap_offsets(phases, offsets.data());
  const PoolTaps taps{shape.taps(), offsets.data(), shape.disjoint()};
  const int64_t count = buffer_size(phases);
  const int64_t work = shape.plane_in() + shape.plane_out() * taps.count / 4;
  const int64_t grain = std::max<int64_t>(1, kCheapGrain / work);
  parallel_for(shape.planes, grain, [&](int64_t begin, int64_t end) {
    const Scratch<T> buffer(count);
    std::fill_n(buffer.data(), count, fill);
    for (int64_t first = begin; first < end; first += phases.planes) {
      const int64_t planes = std::min(phases.planes, end - first);
      f(PhaseChunk<T>{first, planes, runs_of(phases, planes), taps, buffer.data()});
    }
  });
}

// From planes x to results: f(chunk) finds the taps in the chunk's buffer, `fill` beyond the input.
template <class T, class F>
void gather_windows(const PoolShape& shape, const T* x, T fill, F f) {
  const PoolPhases phases = phases_of(shape);
  const auto& kernel = kernels().pool<T>();
  for_phases<T>(shape, phases, fill, [&](const PhaseChunk<T>& chunk) {
    kernel.split_phases(phases, chunk.planes, x + chunk.first * shape.plane_in(), chunk.buffer);
    f(chunk);
  });
}

// The way back: f(chunk) adds to the taps in the chunk's buffer.
template <class T, class F>
void scatter_windows(const PoolShape& shape, T* x, F f) {
  const PoolPhases phases = phases_of(shape);
  const auto& kernel = kernels().pool<T>();
  for_phases<T>(shape, phases, T(0), [&](const PhaseChunk<T>& chunk) {
    // What disjoint windows do not store to stays as it was filled.
    if (!chunk.taps.disjoint) std::fill_n(chunk.buffer, buffer_size(phases), T(0));
    f(chunk);
    kernel.join_phases(phases, chunk.planes, chunk.buffer, x + chunk.first * shape.plane_in());
  });
}

}  // namespace lamina

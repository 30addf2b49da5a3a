// A contiguous tensor as lines along one of its dimensions: the walk of ops that keep the shape but
// mix the elements of a line.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"
#include "core/shape.h"

namespace lamina {

// `groups` groups of `inner` lines, side by side, of `n` elements.
struct Lines {
  int64_t groups = 1, n = 1, inner = 1;

  Lines(const Dims& sizes, int dim) {
    for (int d = 0; d < sizes.size(); ++d) (d < dim ? groups : d == dim ? n : inner) *= sizes[d];
  }

  // Lines to walk at once: as many as stay in the cache from one pass to the next; where not even a
  // cache line of each would, enough to stream through memory. About as many each time, and whole
  // cache lines, so that two threads have as much to do and never write the same one.
  int64_t side_by_side() const {
    constexpr int64_t kCached = int64_t{1} << 16, kLeast = 64, kMost = 1024;
    const int64_t most =
        n * kLeast > kCached ? kMost : std::min(kMost, kCached / n / kLeast * kLeast);
    const int64_t runs = std::max<int64_t>(1, (inner + most - 1) / most);
    return ((inner + runs - 1) / runs + kLeast - 1) / kLeast * kLeast;
  }
};

// Calls f(lines, offset) for runs of lines: whole rows where the lines are adjacent, else some
// lines of one group; on several threads if there are more than `grain` elements.
template <class F>
void for_lines(const Lines& lines, int64_t grain, F f) {
  if (lines.groups * lines.inner * lines.n == 0) return;
  if (lines.inner == 1) {
    parallel_for(lines.groups, std::max<int64_t>(1, grain / lines.n),
                 [&](int64_t first, int64_t last) { f(last - first, first * lines.n); });
    return;
  }
  const int64_t width = lines.side_by_side();
  const int64_t runs = (lines.inner + width - 1) / width;
  // Two threads in one group would write the same cache line in each of n places, unless its rows
  // are whole cache lines; handing such a line over costs more than a run's share of a row.
  const int64_t step = lines.inner % 16 == 0 ? 1 : runs;
  const int64_t work = lines.n * std::min(width, lines.inner) * step;
  parallel_for(lines.groups * runs / step, std::max<int64_t>(1, grain / work),
               [&](int64_t first, int64_t last) {
                 for (int64_t i = first * step; i < last * step; ++i) {
                   const int64_t at = i % runs * width;
                   f(std::min(width, lines.inner - at), i / runs * lines.n * lines.inner + at);
                 }
               });
}

}  // namespace lamina

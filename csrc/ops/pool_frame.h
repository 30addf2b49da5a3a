// Planes with a margin for what windows have beyond them, and where windows and elements find each
// other there: offsets, no tensor memory.
#pragma once

#include "core/scratch.h"
#include "ops/pool_shape.h"

namespace lamina {

struct PoolFrame {
  int64_t in[3], before[3], pitch[3];

  int64_t plane_in() const { return in[0] * in[1] * in[2]; }
  int64_t plane() const { return pitch[0] * pitch[1] * pitch[2]; }
  int64_t origin() const { return (before[0] * pitch[1] + before[1]) * pitch[2] + before[2]; }
  bool bare() const { return plane() == plane_in(); }
  // The planes without their margins.
  PoolRows rows(int64_t planes) const {
    return {{planes, in[0], in[1]}, {plane(), pitch[1] * pitch[2], pitch[2]}, in[2], 1};
  }
};

// For windows that read elements, and for elements that read the windows that cover them.
PoolFrame input_frame(const PoolShape& shape);
PoolFrame result_frame(const PoolShape& shape);

// What stands in the frame of the input: the windows, and their taps.
PoolRows window_rows(const PoolShape& shape, const PoolFrame& frame, int64_t planes);
void tap_offsets(const PoolShape& shape, const PoolFrame& frame, int64_t* offsets);

// What stands in the frame of the results: the windows that cover each element.
class PoolCoverage {
 public:
  PoolCoverage(const PoolShape& shape, const PoolFrame& frame);
  PoolElements elements(int64_t planes) const;

 private:
  const PoolShape& shape_;
  const PoolFrame& frame_;
  Scratch<int64_t> numbers_;
  Scratch<PoolCovers> covers_;
};

}  // namespace lamina

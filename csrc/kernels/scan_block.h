// What one call of a cumulative kernel works on.
#pragma once

#include <cstdint>

namespace lamina {

struct ScanBlock {
  int64_t lines, line_stride;
  int64_t n, stride;
};

}  // namespace lamina

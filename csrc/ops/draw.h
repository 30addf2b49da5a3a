// How a draw of random numbers is cut into blocks of words; which numbers they make stands with the
// ops.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/error.h"
#include "core/generator.h"
#include "core/parallel.h"
#include "core/tensor.h"
#include "exec/launch.h"
#include "kernels/random_block.h"

namespace lamina {

// Numbers that are worth a second thread.
inline constexpr int64_t kRandomGrain = int64_t{1} << 14;

constexpr int64_t blocks_for(int64_t count, int64_t per_block) {
  return (count + per_block - 1) / per_block;
}

// Calls fill(begin, n, seed, block) for ranges of whole blocks that cover `count` numbers. The
// generator moves on when this runs, not when the op is called: a replayed step draws as the eager
// one would.
template <class Fill>
void draw_blocks(Generator& generator, int64_t count, int64_t per_block, Fill fill,
                 int64_t grain = kRandomGrain) {
  const int64_t blocks = blocks_for(count, per_block);
  const Generator::State start = generator.take(blocks);
  parallel_for(blocks, grain / per_block, [&](int64_t first, int64_t last) {
    const int64_t begin = first * per_block;
    fill(begin, std::min(last * per_block, count) - begin, start.seed,
         start.block + static_cast<uint64_t>(first));
  });
}

inline void check_floating(const char* op, const Tensor& x) {
  check<TypeError>(is_floating(x.dtype()), op, "expected a floating tensor; got ", name(x.dtype()));
}

inline void check_probability(const char* op, double p) {
  check(p >= 0 && p <= 1, op, "expected a probability between 0 and 1; got ", p);
}

// Of 2^bits equally likely words, those below the threshold make an event of probability p.
inline uint64_t threshold(double p, int bits = 32) {
  return static_cast<uint64_t>(std::llround(std::ldexp(p, bits)));
}

}  // namespace lamina

// How an elementwise op is launched: a kernel over strips of a result and its inputs, which are
// broadcast to its shape.
#pragma once

#include "ops/loop.h"

namespace lamina {

// Is the walk over dimensions needless: operands contiguous, each of the result's shape or a single
// number?
template <class... Tensors>
bool plain(const Tensor& out, const Tensors&... in) {
  return out.contiguous() &&
         ((in.contiguous() && (in.sizes() == out.sizes() || in.count() == 1)) && ...);
}

// Runs kernel(strip, pointers...) over a result and its inputs.
template <class Kernel, class... Inputs>
void launch_map(const char* name, int64_t grain, const Tensor& out, Kernel kernel,
                const Inputs&... in) {
  if (!plain(out, in...)) {
    const Loop loop{&out, &in...};
    exec::launch_parts(name, {&out}, {&in...}, loop.parts(grain),
                       [loop, kernel](exec::Buffers buffers, int64_t begin, int64_t end) {
                         run(loop, buffers, begin, end, kernel);
                       });
    return;
  }
  // One line; operands that are single numbers are repeated.
  const int64_t n = out.count();
  const Strip strip{n, 1, {1, (in.count() == n ? 1 : 0)...}, {}};
  const exec::Parts parts{
      n,
      grain,
      64,
      {item_size(out.dtype()), (in.count() == n ? item_size(in.dtype()) : 0)...},
      true};
  exec::launch_parts(
      name, {&out}, {&in...}, parts,
      [strip, steps = parts.steps, kernel](exec::Buffers buffers, int64_t begin, int64_t end) {
        Strip some = strip;
        some.n = end - begin;
        OperandPointers at{};
        for (size_t k = 0; k <= sizeof...(in); ++k)
          at[k] = buffers.get<std::byte>(static_cast<int>(k)) + begin * steps[k];
        kernel(some, at);
      });
}

}  // namespace lamina

// The threads that help with a loop: they sleep until called, then claim pieces of it one by one.
// How a loop is cut, and how many threads it may have, is parallel.cpp's.
#pragma once

#include <cstdint>

namespace lamina::crew {

using Task = void (*)(void* context, int64_t piece);

// Runs task(context, piece), which must not throw, for every piece in [0, pieces) on the caller and
// at most threads - 1 helpers, and returns when all have ended; 1 <= threads <= pieces < 2^31. Each
// thread begins with a part of its own, the same for the same numbers, so that its cache may still
// hold it, and goes on with what others have left. So a helper that the system does not run at the
// moment, because another library's thread spins on its CPU, holds nobody up: the caller does its
// part. One call at a time; not in a forked child, which has no helpers.
void run(int64_t pieces, int threads, Task task, void* context);

// The calls of run() so far.
uint32_t calls();

// While one lives, threads - 1 helpers are awake between calls that follow each other within a
// millisecond: for the many short loops of a step.
class Shift {
 public:
  explicit Shift(int threads);
  ~Shift();
  Shift(const Shift&) = delete;
  Shift& operator=(const Shift&) = delete;
};

}  // namespace lamina::crew

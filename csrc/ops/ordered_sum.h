// A sum over numbered tasks whose order does not depend on the number of threads.
#pragma once

#include "core/parallel.h"
#include "core/scratch.h"

namespace lamina {

// f(0) + f(1) + ... + f(tasks - 1); `grain` tasks are worth a thread.
template <class F>
double ordered_sum(int64_t tasks, int64_t grain, F f) {
  if (tasks == 1) return f(0);
  Scratch<double> parts(tasks);
  double* part = parts.data();
  parallel_for(tasks, grain, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) part[i] = f(i);
  });
  double sum = 0;
  for (int64_t i = 0; i < tasks; ++i) sum += part[i];
  return sum;
}

}  // namespace lamina

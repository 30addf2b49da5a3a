#include "exec/thread_trial.h"

#include <algorithm>

namespace lamina::exec {

ThreadTrial::Phase ThreadTrial::phase() const {
  if (run_ < kTrials) return Phase::kThreaded;
  return run_ < 2 * kTrials ? Phase::kSerial : Phase::kSettled;
}

void ThreadTrial::begin(std::size_t launches, int threads) {
  run_ = threads == threads_ ? (run_ + 1) % kPeriod : 0;
  threads_ = threads;
  if (run_ > 0) return;
  times_.assign(launches, {});
  uses_helpers_ = false;
}

bool ThreadTrial::serial(std::size_t launch) const {
  if (threads_ == 1) return false;
  const Times& times = times_[launch];
  switch (phase()) {
    case Phase::kThreaded:
      return false;
    case Phase::kSerial:
      return in_question(times);
    default:
      return times.serial < kClear * times.threaded;
  }
}

void ThreadTrial::record(std::size_t launch, double seconds, bool used_helpers) {
  Times& times = times_[launch];
  if (serial(launch)) {
    times.serial = std::min(times.serial, seconds);
    return;
  }
  times.threaded = std::min(times.threaded, seconds);
  times.used_helpers |= used_helpers;
  uses_helpers_ |= used_helpers;
}

}  // namespace lamina::exec

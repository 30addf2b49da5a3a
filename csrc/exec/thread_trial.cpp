#include "exec/thread_trial.h"

#include <algorithm>

namespace lamina::exec {

ThreadTrial::Phase ThreadTrial::phase() const {
  if (run_ < kTrials) return Phase::kThreaded;
  if (run_ < 2 * kTrials) return Phase::kSerial;
  if (run_ < 3 * kTrials) return Phase::kMixed;
  if (run_ < 4 * kTrials) return whole_.threaded < kLongRun ? Phase::kAlone : Phase::kMixed;
  return whole_.serial < kClearRun * whole_.threaded ? Phase::kAlone : Phase::kMixed;
}

void ThreadTrial::begin(std::size_t launches, int threads) {
  run_ = threads == threads_ ? (run_ + 1) % kPeriod : 0;
  threads_ = threads;
  if (run_ > 0) return;
  times_.assign(launches, {});
  whole_ = {};
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
    case Phase::kMixed:
      return times.serial < kClear * times.threaded;
    case Phase::kAlone:
      break;
  }
  return true;
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

bool ThreadTrial::timed_whole() const {
  return threads_ > 1 && uses_helpers_ && run_ >= 2 * kTrials && run_ < 4 * kTrials;
}

void ThreadTrial::record_whole(double seconds) {
  double& least = phase() == Phase::kAlone ? whole_.serial : whole_.threaded;
  least = std::min(least, seconds);
}

}  // namespace lamina::exec

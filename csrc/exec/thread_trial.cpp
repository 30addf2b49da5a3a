#include "exec/thread_trial.h"

#include <algorithm>

namespace lamina::exec {

ThreadTrial::Way ThreadTrial::way() const {
  if (run_ >= kWays * kTrials) return settled_;
  const auto next = static_cast<Way>(run_ / kTrials);
  // Of a long run the last mixed one says enough.
  return next == Way::kAlone && whole_[3 * kTrials - 1] > kLongRun ? Way::kMixed : next;
}

ThreadTrial::Way ThreadTrial::quickest() const {
  const auto middle = [this](Way way) {
    std::array<double, kTrials> runs;
    std::copy_n(whole_.begin() + static_cast<int>(way) * kTrials, kTrials, runs.begin());
    std::ranges::sort(runs);
    return runs[kTrials / 2];
  };
  Way best = Way::kThreaded;
  for (const Way way : {Way::kMixed, Way::kAlone})
    if (middle(way) < kClearRun * middle(best)) best = way;
  return best;
}

void ThreadTrial::begin(std::size_t launches, int threads) {
  run_ = threads == threads_ ? (run_ + 1) % kPeriod : 0;
  threads_ = threads;
  if (run_ == kWays * kTrials) settled_ = quickest();
  if (run_ > 0) return;
  times_.assign(launches, {});
  uses_helpers_ = false;
}

bool ThreadTrial::serial(std::size_t launch) const {
  if (threads_ == 1) return false;
  const Times& times = times_[launch];
  switch (way()) {
    case Way::kThreaded:
      return false;
    case Way::kTrying:
      return in_question(times);
    case Way::kMixed:
      return times.serial < kClear * times.threaded;
    case Way::kAlone:
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

bool ThreadTrial::timed_whole() const { return threads_ > 1 && run_ < kWays * kTrials; }

void ThreadTrial::record_whole(double seconds) { whole_[static_cast<std::size_t>(run_)] = seconds; }

}  // namespace lamina::exec

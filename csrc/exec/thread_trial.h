// Finds out what of a program is quicker on one thread: some launches, or all of them. Threads
// share little where their cores are far apart or busy, which changes from second to second; the
// bits are the same anyway.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace lamina::exec {

class ThreadTrial {
 public:
  // Begins a run of so many launches.
  void begin(std::size_t launches, int threads);
  // Whether this run's launches are to be timed, and whether one is to run on one thread.
  bool timed() const { return threads_ > 1 && run_ < 2 * kTrials; }
  bool serial(std::size_t launch) const;
  // What a timed launch took, and whether helpers were called.
  void record(std::size_t launch, double seconds, bool used_helpers);
  // Whether the run is to be timed as a whole, and what it took.
  bool timed_whole() const;
  void record_whole(double seconds);
  // Whether helpers are worth keeping awake.
  bool uses_helpers() const { return threads_ > 1 && uses_helpers_ && way() != Way::kAlone; }

 private:
  // Which launches run on one thread: none; each short one, to be timed; those that were quicker;
  // all. Every way has its runs; from then on it goes the way whose middle one was the quickest.
  enum class Way : uint8_t { kThreaded, kTrying, kMixed, kAlone };
  struct Times {
    double threaded = std::numeric_limits<double>::infinity();
    double serial = std::numeric_limits<double>::infinity();
    bool used_helpers = false;
  };

  static constexpr int kWays = 4;
  static constexpr int kTrials = 3;          // of each way
  static constexpr int kPeriod = 128;        // runs after which it is tried again
  static constexpr double kLong = 1e-4;      // seconds beyond which threads are no question
  static constexpr double kLongRun = 3e-3;   // the same of a whole run
  static constexpr double kClear = 0.9;      // of the threads' time: less is no accident,
  static constexpr double kClearRun = 0.97;  // nor of a run's, which does not add up such gains

  Way way() const;
  Way quickest() const;
  bool in_question(const Times& times) const {
    return times.used_helpers && times.threaded < kLong;
  }

  std::vector<Times> times_;
  std::array<double, kWays * kTrials> whole_{};  // what the first runs took
  Way settled_ = Way::kThreaded;
  int run_ = -1;
  int threads_ = 1;
  bool uses_helpers_ = false;
};

}  // namespace lamina::exec

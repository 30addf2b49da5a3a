// How loops are spread over threads; what a loop computes does not belong here.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace lamina {

// Whether limits set for OpenMP at run time, as threadpoolctl sets them, hold for our threads too.
#ifdef _OPENMP
constexpr bool kHeedsOpenMP = true;
#else
constexpr bool kHeedsOpenMP = false;
#endif

constexpr int kMaxThreads = 1024;

// The threads a loop may use now: the configured count, less if OpenMP was limited from outside
// (threadpoolctl); 1 in a forked child.
int num_threads();

// Throws std::invalid_argument unless 1 <= count <= kMaxThreads.
void set_num_threads(int count);

// The CPUs of the affinity mask.
int usable_cpus();

// The least of OMP_NUM_THREADS, the CPUs of the affinity mask and the cgroup's quota; at least 1.
int default_num_threads();

// While one lives that says so, loops of this thread run on it alone.
class SerialScope {
 public:
  explicit SerialScope(bool serial) : before_(active_) { active_ = active_ || serial; }
  ~SerialScope() { active_ = before_; }
  SerialScope(const SerialScope&) = delete;
  SerialScope& operator=(const SerialScope&) = delete;

  static bool active() { return active_; }

 private:
  static inline thread_local bool active_ = false;
  const bool before_;
};

namespace detail {

using RangeBody = void (*)(void* context, int64_t begin, int64_t end);

// As parallel_for, for count > max(grain, 0).
void run_ranges(int64_t count, int64_t grain, RangeBody body, void* context);

}  // namespace detail

// Calls fn(begin, end) on contiguous, disjoint, non-empty ranges that cover [0, count), at once on
// at most min(num_threads(), count / grain) threads. How many ranges there are and who runs
// which is a matter of speed, so fn's result may not depend on where a range begins. Denormals are
// flushed in a threaded region.
// Only one region is open in a process: a nested call, and one from another thread meanwhile, run
// serially on their own thread, so that concurrent callers do not over-subscribe the CPUs. An
// exception in fn reaches the caller after every range has ended: that of the first range to fail
// in index order.
template <class F>
void parallel_for(int64_t count, int64_t grain, F&& fn) {
  if (count <= grain) [[likely]] {
    if (count > 0) fn(int64_t{0}, count);
    return;
  }
  using Fn = std::remove_reference_t<F>;
  auto body = [](void* context, int64_t begin, int64_t end) {
    (*static_cast<Fn*>(context))(begin, end);
  };
  if (count > 0) {
    auto* address = const_cast<std::remove_const_t<Fn>*>(std::addressof(fn));
    detail::run_ranges(count, grain, body, address);
  }
}

}  // namespace lamina

// How many threads a loop gets, and how it is cut for them; the threads themselves are crew.cpp's.
#include "core/parallel.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "core/cpu_quota.h"
#include "core/crew.h"
#include "core/denormals.h"
#include "core/error.h"

#ifdef __linux__
#include <sched.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

namespace lamina {
namespace {

std::atomic<int> configured_threads{0};  // 0: the default, which is not worked out before its use
std::atomic<bool> region_open{false};
std::atomic<bool> forked{false};

// Helpers do not survive fork.
[[maybe_unused]] const int fork_handler =
    pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });

// The first entry of OMP_NUM_THREADS, which is a list with one entry per level of nesting.
std::optional<int> openmp_request() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  if (text == nullptr) return std::nullopt;
  std::string_view list(text);
  list.remove_prefix(std::min(list.find_first_not_of(' '), list.size()));
  int count = 0;
  const auto [end, error] = std::from_chars(list.data(), list.data() + list.size(), count);
  const std::string_view rest = list.substr(static_cast<std::size_t>(end - list.data()));
  const bool ends_well = rest.empty() || rest.front() == ',' || rest.front() == ' ';
  if (error != std::errc() || !ends_well || count < 1) return std::nullopt;
  return count;
}

// Whoever limits OpenMP's threads (threadpoolctl, joblib) means ours too. OpenMP's own count never
// bounds ours at its initial value, so that set_num_threads can exceed the CPUs.
int openmp_limit() {
#ifdef _OPENMP
  static const int initial = openmp_request().value_or(usable_cpus());
  const int present = omp_get_max_threads();
  return present < initial ? present : kMaxThreads;
#else
  return kMaxThreads;
#endif
}

// The right to the process's region, if it could be had.
class RegionClaim {
 public:
  RegionClaim() : held_(!region_open.exchange(true, std::memory_order_acquire)) {}
  ~RegionClaim() {
    if (held_) region_open.store(false, std::memory_order_release);
  }
  RegionClaim(const RegionClaim&) = delete;
  RegionClaim& operator=(const RegionClaim&) = delete;
  explicit operator bool() const { return held_; }

 private:
  const bool held_;
};

// Of the exceptions that the ranges throw, keeps that of the first range.
class FirstError {
 public:
  void keep_current(int64_t begin) {
    const std::lock_guard lock(mutex_);
    if (error_ && begin_ < begin) return;
    error_ = std::current_exception();
    begin_ = begin;
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
  int64_t begin_ = 0;
};

// A loop and how it is cut: into pieces whose lengths differ by at most one.
struct Cut {
  int64_t count, pieces;
  detail::RangeBody body;
  void* context;
  FirstError error;

  void run(int64_t piece) {
    const int64_t length = count / pieces;
    const int64_t longer = count % pieces;
    const int64_t begin = piece * length + std::min(piece, longer);
    const FlushDenormals flush;
    try {
      body(context, begin, begin + length + (piece < longer ? 1 : 0));
    } catch (...) {
      error.keep_current(begin);
    }
  }
};

// More than one a thread, where the grain allows it, so that those who come first do more.
constexpr int64_t kPiecesPerThread = 4;

}  // namespace

int usable_cpus() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int default_num_threads() {
  int count = std::min(usable_cpus(), kMaxThreads);
  if (const auto request = openmp_request()) count = std::min(count, *request);
  if (const auto quota = cpu_quota(); quota && *quota < count) count = static_cast<int>(*quota);
  return std::max(1, count);
}

int num_threads() {
  if (forked.load(std::memory_order_relaxed)) return 1;
  int count = configured_threads.load(std::memory_order_relaxed);
  if (count == 0) {
    int unset = 0;
    count = default_num_threads();
    if (!configured_threads.compare_exchange_strong(unset, count)) count = unset;
  }
  return std::min(count, openmp_limit());
}

void set_num_threads(int count) {
  check(count >= 1, "set_num_threads", "expected a positive count; got ", count);
  check(count <= kMaxThreads, "set_num_threads", "expected at most ", kMaxThreads, "; got ", count);
  configured_threads.store(count, std::memory_order_relaxed);
}

void detail::run_ranges(int64_t count, int64_t grain, RangeBody body, void* context) {
  if (SerialScope::active()) return body(context, 0, count);
  const int threads = num_threads();
  const int64_t most = count / std::max<int64_t>(grain, 1);
  if (threads == 1 || most < 2) return body(context, 0, count);
  const RegionClaim claim;
  if (!claim) return body(context, 0, count);
  const int64_t each = std::min(most / threads, kPiecesPerThread);
  Cut cut{count, each > 0 ? each * threads : most, body, context, {}};
  crew::run(
      cut.pieces, static_cast<int>(std::min<int64_t>(threads, cut.pieces)),
      [](void* self, int64_t piece) { static_cast<Cut*>(self)->run(piece); }, &cut);
  cut.error.rethrow();
}

}  // namespace lamina

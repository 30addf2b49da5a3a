// The runtime under the tensors: threads, denormals, quota, allocator, random words. Tensors and
// kernels have tests of their own.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/allocator.h"
#include "core/cpu_quota.h"
#include "core/denormals.h"
#include "core/parallel.h"
#include "exec/thread_trial.h"
#include "kernels/isa/philox.h"

using namespace lamina;
#ifdef LAMINA_ISA_NS
using namespace lamina::LAMINA_ISA_NS;
#endif

namespace {

std::atomic<int> passed{0};
std::atomic<int> failed{0};

#define CHECK(condition)                                                  \
  do {                                                                    \
    if (condition) {                                                      \
      ++passed;                                                           \
    } else {                                                              \
      ++failed;                                                           \
      std::printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                     \
  } while (false)

// The text of the Error that fn throws, "" if it throws nothing.
template <class Error, class F>
std::string error_of(F&& fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// ---- threads ----

bool covers(int64_t count, int64_t grain) {
  std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
  std::atomic<int> ranges{0};
  parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    ++ranges;
    if (begin >= end) ++ranges;
    for (int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
  });
  const int64_t pieces = (count + std::max<int64_t>(grain, 1) - 1) / std::max<int64_t>(grain, 1);
  const bool once = std::all_of(visits.begin(), visits.end(), [](auto& n) { return n == 1; });
  return once && ranges <= pieces && (num_threads() > 1 || ranges <= 1);
}

void test_coverage() {
  for (int threads : {1, 2, 3, 4, 7}) {
    set_num_threads(threads);
    CHECK(num_threads() == threads);
    for (int64_t count : {0, 1, 2, 3, 7, 8, 63, 64, 65, 1000, 4099}) {
      for (int64_t grain : {-1, 0, 1, 2, 7, 64, 1000, 5000}) CHECK(covers(count, grain));
    }
  }
  set_num_threads(2);
  const int64_t huge = INT64_MAX;
  std::atomic<uint64_t> total{0};
  parallel_for(huge, 1, [&](int64_t begin, int64_t end) {
    total += static_cast<uint64_t>(end) - static_cast<uint64_t>(begin);
  });
  CHECK(total == static_cast<uint64_t>(huge));
}

// Many short loops, awake and after the helpers went to sleep, by changing numbers of threads.
void test_many_loops() {
  int64_t wrong = 0;
  for (int repeat = 0; repeat < 20000; ++repeat) {
    set_num_threads(1 + repeat % 7);
    const int64_t count = 1 + repeat % 61;
    std::atomic<int64_t> sum{0};
    parallel_for(count, 1 + repeat % 3, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) sum.fetch_add(i, std::memory_order_relaxed);
    });
    wrong += sum != count * (count - 1) / 2;
    if (repeat % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  CHECK(wrong == 0);
}

void test_thread_counts() {
  CHECK(default_num_threads() >= 1);
  CHECK(error_of<std::invalid_argument>([] { set_num_threads(-3); }) ==
        "[set_num_threads] expected a positive count; got -3");
  CHECK(error_of<std::invalid_argument>([] { set_num_threads(0); }) ==
        "[set_num_threads] expected a positive count; got 0");
  CHECK(error_of<std::invalid_argument>([] { set_num_threads(1 << 20); }) ==
        "[set_num_threads] expected at most 1024; got 1048576");
}

void test_environment() {
  const int usable = (unsetenv("OMP_NUM_THREADS"), default_num_threads());
  for (const char* one : {"1", " 1", "1,4", "1 ,4"}) {
    setenv("OMP_NUM_THREADS", one, 1);
    CHECK(default_num_threads() == 1);
  }
  for (const char* other : {"", "0", "-1", "many", "1x", "99999999999", "1000000"}) {
    setenv("OMP_NUM_THREADS", other, 1);
    CHECK(default_num_threads() == usable);
  }
  unsetenv("OMP_NUM_THREADS");
}

void test_exceptions() {
  set_num_threads(4);
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::atomic<int64_t> done{0};
    const std::string message = error_of<std::runtime_error>([&] {
      parallel_for(400, 1, [&](int64_t begin, int64_t end) {
        done += end - begin;
        throw std::runtime_error(begin == 0 ? "first" : "later");
      });
    });
    CHECK(message == "first");
    CHECK(done == 400);
  }
  CHECK(covers(400, 1));
}

void test_nesting() {
  set_num_threads(4);
  std::atomic<int64_t> total{0};
  std::atomic<int> inner_ranges{0};
  parallel_for(4, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      parallel_for(100, 1, [&](int64_t from, int64_t to) {
        ++inner_ranges;
        total += to - from;
      });
    }
  });
  CHECK(total == 400);
  CHECK(inner_ranges == 4);
}

void test_concurrent_callers() {
  set_num_threads(3);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([] {
      bool all = true;
      for (int repeat = 0; repeat < 50; ++repeat) all &= covers(1000 + repeat, 10);
      CHECK(all);
    });
  }
  for (auto& caller : callers) caller.join();
}

// The exit status of a forked child that runs fn and may take five seconds; -1 if it was killed.
template <class F>
int status_of_child(F&& fn) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    _exit(fn() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void test_fork() {
  set_num_threads(4);
  CHECK(covers(1000, 1));
  CHECK(status_of_child([] { return covers(1000, 1) && num_threads() == 1; }) == 0);
  CHECK(covers(1000, 1));

  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) deallocate(allocate(3 << 20), 3 << 20);
  });
  for (int repeat = 0; repeat < 20; ++repeat) {
    CHECK(status_of_child([] {
            deallocate(allocate(3 << 20), 3 << 20);
            return true;
          }) == 0);
  }
  stop = true;
  busy.join();
}

// ---- denormals ----

bool denormals_vanish() {
  volatile float smallest = 1e-38F;
  volatile float tenth = smallest * 0.1F;
  volatile float back = tenth * 10.0F;
  return tenth == 0.0F && back == 0.0F;
}

void test_denormals() {
#if defined(__SSE2__) || defined(__aarch64__)
  CHECK(!denormals_vanish());
  {
    const FlushDenormals outer;
    CHECK(denormals_vanish());
    {
      const FlushDenormals inner;
    }
    CHECK(denormals_vanish());
  }
  CHECK(!denormals_vanish());

  set_num_threads(4);
  std::atomic<int> kept{0};
  parallel_for(4, 1, [&](int64_t, int64_t) { kept += denormals_vanish() ? 0 : 1; });
  CHECK(kept == 0);
  CHECK(!denormals_vanish());
  error_of<std::runtime_error>(
      [] { parallel_for(4, 1, [](int64_t, int64_t) { throw std::runtime_error("x"); }); });
  CHECK(!denormals_vanish());
#endif
}

// ---- quota ----

class FakeRoot {
 public:
  FakeRoot() {
    char name[] = "/tmp/lamina_cgroup_XXXXXX";
    path_ = mkdtemp(name);
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  FakeRoot& with(const std::string& file, const std::string& content) {
    const std::filesystem::path target = path_ + "/" + file;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target) << content;
    return *this;
  }
  // 0: no quota.
  double quota() const { return cpu_quota(path_).value_or(0); }

 private:
  std::string path_;
};

void test_quota_v2() {
  const std::string proc = "proc/self/cgroup";
  const std::string fs = "sys/fs/cgroup/";
  CHECK(FakeRoot().quota() == 0);
  CHECK(FakeRoot().with(proc, "0::/\n").quota() == 0);
  CHECK(FakeRoot().with(proc, "0::/\n").with(fs + "cpu.max", "150000 100000\n").quota() == 1.5);
  FakeRoot tree;
  tree.with(proc, "0::/a/b/c\n").with(fs + "a/b/c/cpu.max", "max 100000\n");
  CHECK(tree.quota() == 0);
  CHECK(tree.with(fs + "a/b/cpu.max", "400000 100000\n").quota() == 4);
  CHECK(tree.with(fs + "a/cpu.max", "200000 100000\n").quota() == 2);
  CHECK(tree.with(fs + "cpu.max", "50000 100000\n").quota() == 0.5);
  CHECK(tree.with(fs + "a/b/c/cpu.max", "25000 100000\n").quota() == 0.25);
  FakeRoot foreign;  // the path is the host's, the mount holds our group only
  foreign.with(fs + "cpu.max", "300000 100000\n");
  CHECK(foreign.with(proc, "0::/host/docker/1\n").quota() == 3);
  foreign.with("sys/fs/other/cpu.max", "100000 100000\n");
  CHECK(foreign.with(proc, "0::/../other\n").quota() == 3);
}

void test_quota_v1() {
  const std::string cpu = "sys/fs/cgroup/cpu,cpuacct/";
  FakeRoot tree;
  tree.with("proc/self/cgroup", "12:cpuset:/\n5:cpu,cpuacct:/docker/x\n1:name=systemd:/\n");
  CHECK(tree.quota() == 0);
  tree.with(cpu + "cpu.cfs_quota_us", "-1\n").with(cpu + "cpu.cfs_period_us", "100000\n");
  CHECK(tree.quota() == 0);
  tree.with(cpu + "docker/x/cpu.cfs_quota_us", "250000\n");
  CHECK(tree.quota() == 0);
  CHECK(tree.with(cpu + "docker/x/cpu.cfs_period_us", "100000\n").quota() == 2.5);
}

void test_quota_malformed() {
  for (const char* groups : {"", "\n", ":", "::", "0:", "0::", "no colons", "0::relative"}) {
    CHECK(FakeRoot().with("proc/self/cgroup", groups).quota() == 0);
  }
  for (const char* max : {"", "100000", "100000 ", " 100000", "x y", "1e5 100000", "100000 0",
                          "-5 100000", "0 100000", "99999999999999999999 100000"}) {
    FakeRoot root;
    root.with("proc/self/cgroup", "0::/\n").with("sys/fs/cgroup/cpu.max", max);
    CHECK(root.quota() == 0);
  }
}

// ---- allocator ----

void test_blocks() {
  std::vector<std::pair<char*, std::size_t>> blocks;
  bool aligned = true;
  for (std::size_t bytes = 0; bytes < (std::size_t{9} << 20); bytes += bytes / 7 + 1) {
    char* block = static_cast<char*>(allocate(bytes));
    aligned &= reinterpret_cast<std::uintptr_t>(block) % kAlignment == 0;
    std::memset(block, static_cast<int>(bytes % 251), bytes);
    blocks.emplace_back(block, bytes);
  }
  CHECK(aligned);
  bool intact = true;
  for (const auto& [block, bytes] : blocks) {
    const auto value = static_cast<char>(bytes % 251);
    intact &= std::all_of(block, block + bytes, [&](char c) { return c == value; });
    deallocate(block, bytes);
  }
  CHECK(intact);
  deallocate(nullptr, 5);
}

void test_reuse() {
  if (!kAllocatorCaches) return;
  for (std::size_t bytes :
       {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20, std::size_t{5} << 20}) {
    void* first = allocate(bytes);
    deallocate(first, bytes);
    void* second = allocate(bytes);
    CHECK(second == first);
    deallocate(second, bytes);
  }
}

void test_bad_sizes() {
  const auto message = [](std::size_t bytes) {
    return error_of<std::bad_alloc>([&] { deallocate(allocate(bytes), bytes); });
  };
  CHECK(message(SIZE_MAX) == "[allocate] could not get 16.0 EiB");
  CHECK(message((std::size_t{1} << 48) + 1) == "[allocate] could not get 256.0 TiB");
  CHECK(std::string(OutOfMemory(std::size_t{8} << 30).what()) ==
        "[allocate] could not get 8.0 GiB");
  CHECK(std::string(OutOfMemory(0).what()) == "[allocate] could not get 0.0 B");
  if (kAllocatorCaches) {  // AddressSanitizer would end the program instead
    CHECK(message(std::size_t{1} << 47) == "[allocate] could not get 128.0 TiB");
  }
}

void test_stats() {
  const std::size_t before = memory_stats().in_use;
  const std::size_t bytes = std::size_t{4} << 20;
  reset_peak();
  void* block = allocate(bytes);
  CHECK(memory_stats().in_use == before + bytes);
  deallocate(block, bytes);
  CHECK(memory_stats().in_use == before);
  CHECK(memory_stats().peak == before + bytes);
  CHECK(!kAllocatorCaches || memory_stats().cached >= bytes);
  empty_cache();
  CHECK(memory_stats().cached == 0);
  reset_peak();
  CHECK(memory_stats().peak == before);
}

void test_bounds() {
  const std::size_t before = memory_stats().in_use;
  std::size_t most = 0;
  for (std::size_t step = 1; step < 100; ++step) {
    std::vector<std::pair<void*, std::size_t>> blocks;
    for (std::size_t i = 0; i < 40; ++i) {
      const std::size_t bytes = step * 7919 * (i + 1) % (std::size_t{48} << 20);
      blocks.emplace_back(allocate(bytes), bytes);
    }
    for (const auto& [block, bytes] : blocks) deallocate(block, bytes);
    most = std::max(most, memory_stats().cached);
  }
  CHECK(most <= kMaxSharedCache + kMaxThreadCache);
  CHECK(!kAllocatorCaches || most > kMaxSharedCache / 2);
  CHECK(memory_stats().in_use == before);
  empty_cache();
}

void test_foreign_frees() {
  const std::size_t before = memory_stats().in_use;
  std::vector<void*> blocks(2000);
  for (void*& block : blocks) block = allocate(10000);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&blocks, t] {
      for (std::size_t i = t; i < blocks.size(); i += 4) {
        deallocate(blocks[i], 10000);
        blocks[i] = allocate(500);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (void* block : blocks) deallocate(block, 500);
  CHECK(memory_stats().in_use == before);
  empty_cache();
  CHECK(memory_stats().cached == 0);  // the threads that ended kept nothing
}

// ---- random words ----

void test_philox_vectors() {
  // The published known answers: counter, key, words.
  const auto is = [](const PhiloxWords& got, const PhiloxWords& expected) {
    return std::equal(got.word, got.word + 4, expected.word);
  };
  CHECK(is(philox(0, 0, 0), {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}));
  CHECK(is(philox(~0ULL, ~0ULL, ~0ULL), {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}));
  CHECK(is(philox(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e),
           {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}));
}

void test_philox_block() {
  for (uint64_t counter : {uint64_t{0}, uint64_t{0xFFFFFFF8}, ~uint64_t{0} - 20}) {
    uint32_t words[kPhiloxBlock];
    philox_block(0x123456789ABCDEF, counter, 7, words);
    bool same = true;
    for (int c = 0; c < kPhiloxCounters; ++c) {
      const PhiloxWords one = philox(0x123456789ABCDEF, counter + static_cast<uint64_t>(c), 7);
      for (int w = 0; w < 4; ++w) same &= words[w * kPhiloxCounters + c] == one.word[w];
    }
    CHECK(same);
  }
}

// Mean and variance of `draw` over n counters lie within five standard errors of the expected;
// `kurtosis` is the distribution's fourth central moment over its squared variance.
template <class F>
bool has_moments(double mean, double variance, double kurtosis, F&& draw) {
  constexpr int n = 1 << 18;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draw(philox(42, static_cast<uint64_t>(i), 0)) - mean;
    sum += x;
    squares += x * x;
  }
  const double mean_error = 5 * std::sqrt(variance / n);
  const double variance_error = 5 * variance * std::sqrt((kurtosis - 1) / n);
  return std::abs(sum / n) < mean_error && std::abs(squares / n - variance) < variance_error;
}

uint64_t long_word(const PhiloxWords& x) { return uint64_t{x.word[1]} << 32 | x.word[0]; }

void test_distributions() {
  CHECK(has_moments(0.5, 1.0 / 12, 1.8, [](auto x) { return uniform01<float>(x.word[0]); }));
  CHECK(has_moments(0.5, 1.0 / 12, 1.8, [](auto x) { return uniform01<double>(long_word(x)); }));
  CHECK(has_moments(4.5, 8.25, 1.8,
                    [](auto x) { return static_cast<double>(uniform_int(long_word(x), 10)); }));
  CHECK(uniform01<float>(UINT32_MAX) < 1 && uniform01<double>(UINT64_MAX) < 1);
  CHECK(uniform01<float>(uint32_t{0}) == 0 && uniform01<double>(uint64_t{0}) == 0);
  CHECK(uniform_int(UINT64_MAX, 10) == 9 && uniform_int(0, 10) == 0);
}

// Three launches: a long one, whose times vary; one that threads slow down, and one they speed up.
void test_thread_trials() {
  exec::ThreadTrial trial;
  for (int run = 0; run < 20; ++run) {
    trial.begin(3, 2);
    const double noise = run % 2 == 0 ? 1e-4 : 0;
    const double threaded[] = {1e-2 - noise, 5e-5 + noise / 10, 2e-5};
    const double serial[] = {2e-2, 1e-5, 3e-5};
    for (size_t i = 0; trial.timed() && i < 3; ++i)
      trial.record(i, trial.serial(i) ? serial[i] : threaded[i], !trial.serial(i));
    if (trial.timed_whole()) trial.record_whole(trial.serial(1) ? 1.0e-2 : 1.1e-2);
  }
  CHECK(!trial.timed() && trial.uses_helpers());
  CHECK(!trial.serial(0) && trial.serial(1) && !trial.serial(2));
  trial.begin(3, 1);
  CHECK(!trial.timed() && !trial.uses_helpers() && !trial.serial(1));
}

// Each launch is quicker on threads, and yet perhaps all of them together on one, or else some are
// quicker on one, which does no good to the whole.
void test_whole_trials() {
  for (const double alone : {8e-4, 0.99e-3, 5e-3}) {
    const double threaded = alone < 4e-3 ? 1e-3 : 6e-3;
    exec::ThreadTrial trial;
    int timed = 0;
    for (int run = 0; run < 20; ++run) {
      trial.begin(2, 2);
      for (size_t i = 0; trial.timed() && i < 2; ++i)
        trial.record(i, trial.serial(i) ? (i == 0 ? 3e-5 : 1e-5) : 2e-5, !trial.serial(i));
      if (!trial.timed_whole()) continue;
      ++timed;
      const bool mixed = trial.serial(1) && !trial.serial(0);
      trial.record_whole(mixed ? 1.1 * threaded : trial.serial(0) ? alone : threaded);
    }
    CHECK(timed == 12 && !trial.timed_whole() && trial.serial(0) == trial.serial(1));
    CHECK(trial.serial(0) == (alone < 0.97e-3) && trial.uses_helpers() == !trial.serial(0));
  }
}

}  // namespace

int main() {
  test_environment();
  test_many_loops();
  test_thread_counts();
  test_coverage();
  test_exceptions();
  test_nesting();
  test_concurrent_callers();
  test_fork();
  test_denormals();
  test_quota_v2();
  test_quota_v1();
  test_quota_malformed();
  test_blocks();
  test_reuse();
  test_bad_sizes();
  test_stats();
  test_bounds();
  test_foreign_frees();
  test_philox_vectors();
  test_philox_block();
  test_distributions();
  test_thread_trials();
  test_whole_trials();
  std::printf("%d passed, %d failed\n", passed.load(), failed.load());
  return failed == 0 ? 0 : 1;
}

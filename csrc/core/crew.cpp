#include "core/crew.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>

#include "core/parallel.h"
#include "core/placement.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace lamina::crew {
namespace {

// How long a helper stays awake for the next call: waking it later takes some 50 us. Yielding its
// CPU meanwhile would cost it its turn.
constexpr auto kAwake = std::chrono::microseconds(50);
// The same during a shift, whose next loop is known to come.
constexpr auto kAwakeOnShift = std::chrono::microseconds(1000);
// How long the caller watches helpers end their last pieces before it sleeps.
constexpr auto kWatch = std::chrono::microseconds(100);

// One thread's part of the present call, and where a helper sleeps.
struct alignas(64) Member {
  // (number of the call) << 32 | pieces of the part that nobody has claimed.
  std::atomic<uint64_t> ticket{0};
  std::atomic<uint32_t> bell{0};
  std::atomic<bool> asleep{false};
};

// Member 0 is whoever calls. They are never destroyed: helpers live as long as the process.
Member members[kMaxThreads];
int helpers = 0;

// The present call. A helper may read these while the next call writes them: it uses what it read
// only if it then claims a piece, which succeeds in the call that its ticket names alone.
std::atomic<Task> call_task;
std::atomic<void*> call_context;
std::atomic<int64_t> call_pieces;
std::atomic<int> call_threads;
std::atomic<int> call_cpu;       // where the caller runs
std::atomic<uint32_t> finished;  // pieces

std::atomic<uint32_t> call_count{0};
std::atomic<int> shifts{0};

uint32_t call_of(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }
uint32_t left_of(uint64_t ticket) { return static_cast<uint32_t>(ticket); }

void relax() {
#if defined(__SSE2__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits, awake, until done() or for `time`; returns whether done().
template <class F>
bool watch(std::chrono::microseconds time, F done) {
  const auto end = std::chrono::steady_clock::now() + time;
  do {
    for (int i = 0; i < 32; ++i) {
      if (done()) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

// Runs the pieces of one part that are left.
void run_part(int part, uint32_t call) {
  std::atomic<uint64_t>& ticket = members[part].ticket;
  uint64_t seen = ticket.load(std::memory_order_acquire);
  while (call_of(seen) == call && left_of(seen) > 0) {
    const Task task = call_task.load(std::memory_order_relaxed);
    void* context = call_context.load(std::memory_order_relaxed);
    const int64_t pieces = call_pieces.load(std::memory_order_relaxed);
    const int threads = call_threads.load(std::memory_order_relaxed);
    if (!ticket.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire))
      continue;
    task(context, pieces * (part + 1) / threads - left_of(seen));
    // The caller may return as soon as it sees the last of these.
    if (finished.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<uint32_t>(pieces))
      finished.notify_one();
    seen = ticket.load(std::memory_order_acquire);
  }
}

void help(int self, uint32_t call) {
  const int threads = call_threads.load(std::memory_order_relaxed);
  for (int i = self; i < threads; ++i) run_part(i, call);
  for (int i = 0; i < self; ++i) run_part(i, call);
}

// Sleeps until a call other than `last` wants this helper; returns its number.
uint32_t next_call(Member& self, uint32_t last) {
  const auto called = [&] { return call_of(self.ticket.load()) != last; };
  const auto on_shift = [] { return shifts.load(std::memory_order_relaxed) > 0; };
  while (!watch(kAwake, called)) {
    if (on_shift() && watch(kAwakeOnShift, [&] { return called() || !on_shift(); })) continue;
    const uint32_t bell = self.bell.load();
    self.asleep.store(true);
    // Either this sees the call, or the caller, who writes the ticket first, sees us asleep.
    if (!called()) self.bell.wait(bell);
    self.asleep.store(false);
  }
  return call_of(self.ticket.load());
}

void live(int self) {
  Placement placement;
  for (uint32_t call = 0;;) {
    call = next_call(members[self], call);
    placement.avoid(call_cpu.load(std::memory_order_relaxed));
    help(self, call);
  }
}

void wake(int threads) {
  for (int i = 1; i < threads; ++i) {
    if (!members[i].asleep.exchange(false)) continue;
    members[i].bell.fetch_add(1);
    members[i].bell.notify_one();
  }
}

// Helpers for `threads` threads as far as the system gives them; signals are other threads' matter.
void hire(int threads) {
  if (helpers + 1 >= threads) return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    for (; helpers + 1 < threads; ++helpers) std::thread(live, helpers + 1).detach();
  } catch (const std::system_error&) {
    // Fewer do as well.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void run(int64_t pieces, int threads, Task task, void* context) {
  hire(threads);
  const uint32_t call = call_count.fetch_add(1, std::memory_order_relaxed) + 1;
  call_task.store(task, std::memory_order_relaxed);
  call_context.store(context, std::memory_order_relaxed);
  call_pieces.store(pieces, std::memory_order_relaxed);
  call_threads.store(threads, std::memory_order_relaxed);
  call_cpu.store(current_cpu(), std::memory_order_relaxed);
  finished.store(0, std::memory_order_relaxed);
  for (int i = 0; i < threads; ++i) {
    const int64_t part = pieces * (i + 1) / threads - pieces * i / threads;
    members[i].ticket.store(uint64_t{call} << 32 | static_cast<uint64_t>(part));
  }
  wake(threads);
  help(0, call);
  const auto all = static_cast<uint32_t>(pieces);
  const auto ended = [all] { return finished.load(std::memory_order_acquire) == all; };
  if (watch(kWatch, ended)) return;
  for (uint32_t now = finished.load(); now != all; now = finished.load()) finished.wait(now);
}

uint32_t calls() { return call_count.load(std::memory_order_relaxed); }

Shift::Shift(int threads) {
  shifts.fetch_add(1, std::memory_order_relaxed);
  wake(std::min(threads, kMaxThreads));
}

Shift::~Shift() { shifts.fetch_sub(1, std::memory_order_relaxed); }

}  // namespace lamina::crew

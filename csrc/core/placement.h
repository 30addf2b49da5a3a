// Where the system runs this thread, as far as it can be asked; elsewhere than on Linux, nothing.
#pragma once

#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace lamina {

#ifdef __linux__

inline int current_cpu() { return sched_getcpu(); }

// Of one helper thread. What it is for: OpenBLAS's threads spin for 25 ms after a product, so that
// no CPU looks idle. Linux then wakes a helper on its caller's CPU, where it can only wait, or lets
// it wait for the spinning thread's turn to end.
class Placement {
 public:
  // Asks for short turns, which begin sooner after waking (Linux 6.12; refused before, no matter).
  Placement() {
    known_ = sched_getaffinity(0, sizeof allowed_, &allowed_) == 0;
    struct {
      uint32_t size = 48, policy = SCHED_OTHER;
      uint64_t flags = 0;
      int32_t nice = 0;
      uint32_t priority = 0;
      uint64_t turn_ns = 100'000, deadline = 0, period = 0;
    } attributes;
    attributes.nice = getpriority(PRIO_PROCESS, 0);
    syscall(SYS_sched_setattr, 0, &attributes, 0);
  }

  // Leaves this CPU for any other that the process may use.
  void avoid(int cpu) const {
    if (!known_ || cpu < 0 || sched_getcpu() != cpu) return;
    cpu_set_t others = allowed_;
    CPU_CLR(static_cast<unsigned>(cpu), &others);
    if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
  }

 private:
  cpu_set_t allowed_;
  bool known_;
};

#else

inline int current_cpu() { return -1; }
struct Placement {
  void avoid(int) const {}
};

#endif

}  // namespace lamina

// Free blocks in lists by size class: each thread has its own, and all share those behind them.
#include "core/allocator.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace lamina {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 48;
constexpr std::size_t kMaxSmallBytes = std::size_t{1} << 20;  // what a thread may keep for itself
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kUnpublishedBytes = std::size_t{64} << 10;

// Sizes grow in quarters of a power of two from one cache line: at most 25% over the request.
// Without the cache a block is as long as requested, so that AddressSanitizer sees its end.
struct SizeClass {
  std::size_t index;
  std::size_t bytes;

  constexpr explicit SizeClass(std::size_t requested) {
    const std::size_t last_line = (requested - (requested != 0)) / kAlignment;
    const std::size_t shift = static_cast<std::size_t>(std::bit_width(last_line | 7)) - 3;
    const std::size_t quarter = last_line >> shift;
    index = 4 * shift + quarter;
    bytes = kAllocatorCaches ? ((quarter + 1) << shift) * kAlignment : requested + (requested == 0);
  }
};

constexpr std::size_t class_bytes(std::size_t index) {
  const std::size_t shift = index < 4 ? 0 : index / 4 - 1;
  return ((index - 4 * shift + 1) << shift) * kAlignment;
}

constexpr std::size_t kClasses = SizeClass(kMaxBytes).index + 1;
constexpr std::size_t kSmallClasses = SizeClass(kMaxSmallBytes).index + 1;
static_assert(class_bytes(kSmallClasses - 1) == kMaxSmallBytes);
static_assert(class_bytes(SizeClass(kMaxSmallBytes + 1).index) == kMaxSmallBytes / 4 * 5);

// A free block holds the link to the next of its class.
template <std::size_t N>
class FreeLists {
 public:
  void push(std::size_t index, void* pointer) { heads_[index] = new (pointer) Link{heads_[index]}; }
  void* pop(std::size_t index) {
    Link* block = heads_[index];
    if (block != nullptr) heads_[index] = block->next;
    return block;
  }

 private:
  struct Link {
    Link* next;
  };
  std::array<Link*, N> heads_;
};

std::atomic<int64_t> system_bytes{0};  // in blocks that the system has given, used or cached
std::atomic<int64_t> used_bytes{0};
std::atomic<int64_t> peak_bytes{0};

// Whole huge pages cut the page faults of large blocks, and munmap returns them at once.
void* map_block(std::size_t bytes) {
  const std::size_t mapped = bytes + kHugePage;
  auto* begin = static_cast<char*>(
      mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (begin == MAP_FAILED) return nullptr;
  const std::size_t before = kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage;
  munmap(begin, before);
  if (before != kHugePage) munmap(begin + before + bytes, kHugePage - before);
#ifdef MADV_HUGEPAGE
  madvise(begin + before, bytes, MADV_HUGEPAGE);
#endif
  return begin + before;
}

void* system_allocate(std::size_t bytes) {
  void* pointer = nullptr;
  if (kAllocatorCaches && bytes >= kHugePage) {
    pointer = map_block(bytes);
  } else if (posix_memalign(&pointer, kAlignment, bytes) != 0) {
    pointer = nullptr;
  }
  if (pointer != nullptr) system_bytes += static_cast<int64_t>(bytes);
  return pointer;
}

void system_free(void* pointer, std::size_t bytes) {
  system_bytes -= static_cast<int64_t>(bytes);
  if (kAllocatorCaches && bytes >= kHugePage) {
    munmap(pointer, bytes);
  } else {
    std::free(pointer);
  }
}

// What any thread may reuse.
class SharedCache {
 public:
  void* pop(std::size_t index) {
    const std::lock_guard lock(mutex_);
    void* block = lists_.pop(index);
    if (block != nullptr) bytes_ -= class_bytes(index);
    return block;
  }

  void push(std::size_t index, void* block) {
    const std::size_t bytes = class_bytes(index);
    if (bytes > kMaxSharedCache) return system_free(block, bytes);
    const std::lock_guard lock(mutex_);
    shrink(kMaxSharedCache - bytes);
    lists_.push(index, block);
    bytes_ += bytes;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    shrink(0);
  }

  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  // Takes one block of each class in turn, so that no class of a past shape stays for ever.
  void shrink(std::size_t limit) {
    while (bytes_ > limit) {
      victim_ = (victim_ + 1) % kClasses;
      void* block = lists_.pop(victim_);
      if (block == nullptr) continue;
      const std::size_t bytes = class_bytes(victim_);
      bytes_ -= bytes;
      system_free(block, bytes);
    }
  }

  std::mutex mutex_;
  FreeLists<kClasses> lists_{};
  std::size_t bytes_ = 0;
  std::size_t victim_ = 0;
};

// Ready before any static object's constructor and, for tensors may outlive all of them, never
// destroyed.
union Immortal {
  constexpr Immortal() : cache() {}
  ~Immortal() {}
  SharedCache cache;
};
constinit Immortal immortal;
SharedCache& shared_cache() { return immortal.cache; }

// A fork waits for the lock: no child may inherit the lists half changed.
[[maybe_unused]] const int fork_handler =
    pthread_atfork([] { shared_cache().lock(); }, [] { shared_cache().unlock(); },
                   [] { shared_cache().unlock(); });

// What one thread keeps; without constructor and destructor, so that its access needs no guard.
// `room` is left to keep more: none before the thread's first free and after its end. Using a kept
// block leaves room and keeping one takes it, so the room gained is what used_bytes does not count.
struct ThreadCache {
  FreeLists<kSmallClasses> lists;
  std::size_t room;
  std::size_t published_room;
  bool ended;
};

constinit thread_local ThreadCache thread_cache{};

ThreadCache& this_thread() {
  ThreadCache* cache = &thread_cache;
  asm("" : "+r"(cache));  // or the compiler would look the address up again at every use
  return *cache;
}

void add_used(std::size_t bytes) {
  const auto delta = static_cast<int64_t>(bytes);
  const int64_t used = used_bytes.fetch_add(delta, std::memory_order_relaxed) + delta;
  int64_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (used > peak && !peak_bytes.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

[[gnu::noinline]] void publish(ThreadCache& cache) {
  add_used(cache.room - cache.published_room);
  cache.published_room = cache.room;
}

void publish_if_far(ThreadCache& cache) {
  const std::size_t gained = cache.room - cache.published_room;
  if (gained + kUnpublishedBytes > 2 * kUnpublishedBytes) [[unlikely]]
    publish(cache);
}

void keep(ThreadCache& cache, SizeClass size, void* block) {
  cache.lists.push(size.index, block);
  cache.room -= size.bytes;
  publish_if_far(cache);
}

// Leaves `room` for blocks to come.
void share_all(ThreadCache& cache, std::size_t room) {
  for (std::size_t index = 0; index < kSmallClasses; ++index) {
    while (void* block = cache.lists.pop(index)) shared_cache().push(index, block);
  }
  publish(cache);
  cache.room = cache.published_room = room;
}

struct ThreadEnd {
  ~ThreadEnd() {
    share_all(thread_cache, 0);
    thread_cache.ended = true;
  }
};

[[gnu::noinline]] void* allocate_slow(SizeClass size, std::size_t requested) {
  void* block = kAllocatorCaches ? shared_cache().pop(size.index) : nullptr;
  if (block == nullptr) block = system_allocate(size.bytes);
  if (block == nullptr) {
    empty_cache();
    block = system_allocate(size.bytes);
  }
  if (block == nullptr) throw OutOfMemory(requested);
  add_used(size.bytes);
  return block;
}

[[gnu::noinline]] void deallocate_slow(ThreadCache& cache, SizeClass size, void* block) {
  if (kAllocatorCaches && size.index < kSmallClasses && !cache.ended) {
    [[maybe_unused]] static thread_local ThreadEnd at_end;
    share_all(cache, kMaxThreadCache);
    return keep(cache, size, block);
  }
  add_used(0 - size.bytes);
  if (!kAllocatorCaches) return system_free(block, size.bytes);
  shared_cache().push(size.index, block);
}

}  // namespace

OutOfMemory::OutOfMemory(std::size_t bytes) noexcept {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  const std::size_t unit = static_cast<std::size_t>(std::bit_width(bytes | 1) - 1) / 10;
  const double amount = std::ldexp(static_cast<double>(bytes), -10 * static_cast<int>(unit));
  std::snprintf(message_, sizeof message_, "[allocate] could not get %.1f %s", amount,
                kUnits[unit]);
}

void* allocate(std::size_t bytes) {
  if (bytes > kMaxBytes) throw OutOfMemory(bytes);
  ThreadCache& cache = this_thread();
  const SizeClass size(bytes);
  if (size.index >= kSmallClasses) return allocate_slow(size, bytes);
  void* block = cache.lists.pop(size.index);
  if (block == nullptr) return allocate_slow(size, bytes);
  cache.room += size.bytes;
  publish_if_far(cache);
  return block;
}

void deallocate(void* pointer, std::size_t bytes) noexcept {
  if (pointer == nullptr) return;
  ThreadCache& cache = this_thread();
  const SizeClass size(bytes);
  if (size.index < kSmallClasses && size.bytes <= cache.room) return keep(cache, size, pointer);
  deallocate_slow(cache, size, pointer);
}

void empty_cache() noexcept {
  share_all(thread_cache, thread_cache.room == 0 ? 0 : kMaxThreadCache);
  shared_cache().clear();
}

MemoryStats memory_stats() noexcept {
  publish(thread_cache);
  const int64_t used = std::max<int64_t>(used_bytes, 0);
  const int64_t cached = std::max<int64_t>(system_bytes - used, 0);
  const int64_t peak = std::max<int64_t>(peak_bytes, used);
  return {static_cast<std::size_t>(used), static_cast<std::size_t>(cached),
          static_cast<std::size_t>(peak)};
}

void reset_peak() noexcept {
  publish(thread_cache);
  peak_bytes = used_bytes.load();
}

}  // namespace lamina

// Memory for tensors: 64-byte aligned blocks from a bounded cache; what lies in a block does not
// belong here.
#pragma once

#include <cstddef>
#include <new>

namespace lamina {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAllocatorCaches = false;  // so that AddressSanitizer sees every block's true life
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kAllocatorCaches = false;
#else
constexpr bool kAllocatorCaches = true;
#endif
#else
constexpr bool kAllocatorCaches = true;
#endif

constexpr std::size_t kAlignment = 64;
// The most that is kept for reuse: by the process, and on top of it by each thread.
constexpr std::size_t kMaxSharedCache = std::size_t{256} << 20;
constexpr std::size_t kMaxThreadCache = std::size_t{8} << 20;

class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::size_t bytes) noexcept;
  const char* what() const noexcept override { return message_; }

 private:
  char message_[64];
};

// Uninitialized memory; zero bytes give a distinct pointer too. Throws OutOfMemory.
[[nodiscard]] void* allocate(std::size_t bytes);

// Takes back what allocate(bytes) gave, on any thread; a null pointer is ignored.
void deallocate(void* pointer, std::size_t bytes) noexcept;

// Gives the shared cache and the calling thread's own back to the system.
void empty_cache() noexcept;

// Bytes, in whole blocks. in_use and peak may miss up to 64 KiB for each other running thread,
// peak as much for the calling one.
struct MemoryStats {
  std::size_t in_use;
  std::size_t cached;
  std::size_t peak;
};

MemoryStats memory_stats() noexcept;

// Makes the present use the peak.
void reset_peak() noexcept;

}  // namespace lamina

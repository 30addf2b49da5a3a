// The memory behind tensors: reference counted, 64-byte aligned, versioned, owned by us or by a
// foreign object (a NumPy array, a DLPack capsule).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/ref.h"

namespace lamina {

// Counts captures: memory made before a capture began is not the capture's own.
inline std::atomic<uint64_t> capture_epoch{0};

class Storage final : public RefCounted {
 public:
  // Uninitialised memory; header and data are one block, so that a small tensor costs one
  // allocation.
  static Ref<Storage> make(int64_t bytes);
  // Memory that belongs to somebody else; `release(owner)` is called when the last reference goes.
  static Ref<Storage> borrow(void* data, int64_t bytes, bool writable, void* owner,
                             void (*release)(void* owner));

  std::byte* data() const { return data_; }
  int64_t bytes() const { return bytes_; }
  bool writable() const { return writable_; }
  bool borrowed() const { return borrowed_; }
  // The value of capture_epoch when this was made.
  uint64_t epoch() const { return epoch_; }

  // Calls gone(watcher) when the last reference to this memory, which make() gave, goes. There is
  // one watcher at a time; null ends it.
  void watch(void* watcher, void (*gone)(void* watcher)) {
    owner_ = watcher;
    release_owner_ = gone;
  }

  // While others hold its address they may change it unseen; afterwards they have perhaps.
  void expose() { exposures_.fetch_add(1, std::memory_order_relaxed); }
  void unexpose() {
    ended_exposures_.fetch_add(1, std::memory_order_relaxed);
    exposures_.fetch_sub(1, std::memory_order_relaxed);
  }
  void expose_for_good() { exposed_for_good_.store(true, std::memory_order_relaxed); }
  bool exposed() const {
    return exposures_.load(std::memory_order_relaxed) > 0 ||
           exposed_for_good_.load(std::memory_order_relaxed);
  }
  // Changes with each change of the values that can be known of, if not exposed().
  uint64_t stamp() const {
    return uint64_t{ended_exposures_.load(std::memory_order_relaxed)} << 32 | version();
  }

  // Counts in-place changes, so that a backward pass can tell that a saved value is stale.
  uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  void bump_version() {
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

 protected:
  void dispose() noexcept override;

 private:
  Storage(std::byte* data, int64_t bytes) : data_(data), bytes_(bytes) {}
  ~Storage() override = default;

  std::atomic<uint32_t> version_{0};  // beside the count, so that all fits a cache line
  std::byte* data_;
  int64_t bytes_;
  uint64_t epoch_ = capture_epoch.load(std::memory_order_relaxed);
  void* owner_ = nullptr;
  void (*release_owner_)(void*) = nullptr;
  std::atomic<uint32_t> ended_exposures_{0};
  std::atomic<uint16_t> exposures_{0};
  std::atomic<bool> exposed_for_good_{false};
  bool writable_ : 1 = true;
  bool borrowed_ : 1 = false;
};

}  // namespace lamina

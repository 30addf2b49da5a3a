#include "core/storage.h"

#include <new>

#include "core/allocator.h"

namespace lamina {

namespace {
// Room for the header that keeps the data on a cache line of its own.
constexpr size_t kHeader = 64;
static_assert(sizeof(Storage) <= kHeader);
}  // namespace

Ref<Storage> Storage::make(int64_t bytes) {
  auto* block = static_cast<std::byte*>(allocate(kHeader + static_cast<size_t>(bytes)));
  return Ref(new (block) Storage(block + kHeader, bytes));
}

Ref<Storage> Storage::borrow(void* data, int64_t bytes, bool writable, void* owner,
                             void (*release)(void*)) {
  Ref storage(new (allocate(kHeader)) Storage(static_cast<std::byte*>(data), bytes));
  storage->owner_ = owner;
  storage->release_owner_ = release;
  storage->writable_ = writable;
  storage->borrowed_ = true;
  return storage;
}

void Storage::dispose() noexcept {
  const size_t block = kHeader + (borrowed_ ? 0 : static_cast<size_t>(bytes_));
  if (release_owner_) release_owner_(owner_);
  this->~Storage();
  deallocate(this, block);
}

}  // namespace lamina

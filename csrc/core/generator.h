// Where random numbers come from: a seed and how far its sequence of words is used up. What turns
// words into numbers stands in kernels/isa/random.cpp.
#pragma once

#include <cstdint>
#include <mutex>

#include "core/ref.h"

namespace lamina {

class Generator final : public RefCounted {
 public:
  struct State {
    uint64_t seed;
    uint64_t block;  // the first block of words that was not handed out
  };

  explicit Generator(uint64_t seed) : state_{seed, 0} {}

  // Hands out `blocks` successive blocks of words and returns where they begin.
  State take(int64_t blocks);
  State state() const;
  void set_state(State state);
  // Starts the sequence of a seed.
  void seed(uint64_t value) { set_state({value, 0}); }

  // How often this thread has taken words of any generator.
  static uint64_t takes() { return takes_; }

 private:
  static inline thread_local uint64_t takes_ = 0;

  mutable std::mutex mutex_;
  State state_;
};

// The generator of draws that name no other.
const Ref<Generator>& default_generator();
// A seed from the operating system.
uint64_t entropy();

}  // namespace lamina

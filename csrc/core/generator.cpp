#include "core/generator.h"

#include <random>

namespace lamina {

Generator::State Generator::take(int64_t blocks) {
  const std::lock_guard lock(mutex_);
  ++takes_;
  const State before = state_;
  state_.block += static_cast<uint64_t>(blocks);
  return before;
}

Generator::State Generator::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Generator::set_state(State state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
}

const Ref<Generator>& default_generator() {
  // Never destroyed: a thread may still draw while the process ends.
  static const auto* generator = new Ref<Generator>(new Generator(entropy()));
  return *generator;
}

uint64_t entropy() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace lamina

// The one seam through which all work on tensor memory goes. Eager mode runs the body at once; an
// observer (a capture, a profiler) sees each launch first and may keep it for later.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "core/denormals.h"
#include "core/parallel.h"
#include "core/tensor.h"

namespace lamina::exec {

// What a body works on: pointers to the written tensors, then to the read ones, in the order of
// launch(). A replay hands in other addresses, so a body must not remember pointers of its own.
class Buffers {
 public:
  explicit Buffers(void* const* pointers) : pointers_(pointers) {}
  template <class T>
  T* get(int i) const {
    return static_cast<T*>(pointers_[i]);
  }

 private:
  void* const* pointers_;
};

using Body = std::function<void(Buffers, int64_t begin, int64_t end)>;
using Operands = std::span<const Tensor* const>;

// How a launch falls into parts, which run in any order and side by side with the same bits. Part i
// touches bytes [i * step, (i + 1) * step) of an operand, or, where the step is 0, any of them.
struct Parts {
  static constexpr size_t kMaxOperands = 4;

  int64_t count = 1;
  int64_t grain = 1;                          // so many are worth a thread
  int64_t unit = 1;                           // at multiples of it threads take turns
  std::array<int64_t, kMaxOperands> steps{};  // of the operands, in the order of launch()
  bool in_place = false;  // operands of one type and step may be the same memory
};

enum class Repeat : uint8_t {
  kAlways,
  kIfChanged,  // the result follows from the values that are read alone: weights made ready
};

struct Observer {
  virtual ~Observer() = default;
  // Must run the body (or arrange that its effect is seen) before it returns.
  virtual void launched(const char* name, Operands writes, Operands reads, const Body& body,
                        const Parts& parts, Repeat repeat) = 0;
  // A value or a data-dependent shape is about to be read on the host; `advice` says what to do
  // where that cannot be.
  virtual void value_read(const char* name, const char* advice) = 0;
};

// The observer of this thread, or null. Inline so that the eager path costs one load and one
// branch.
inline thread_local Observer* observer = nullptr;

inline void value_read(const char* name,
                       const char* advice = "return the tensor and read it after the call") {
  if (observer) observer->value_read(name, advice);
}

// Told before and after a body that will run for long; the bindings release Python's lock between
// them.
struct LongWork {
  void* (*begin)();
  void (*end)(void* state);
};
inline LongWork long_work{nullptr, nullptr};
inline constexpr int64_t kLongWorkBytes = int64_t{1} << 17;

class LongWorkScope {
 public:
  explicit LongWorkScope(int64_t bytes)
      : active_(bytes >= kLongWorkBytes && long_work.begin),
        state_(active_ ? long_work.begin() : nullptr) {}
  ~LongWorkScope() {
    if (active_) long_work.end(state_);
  }
  LongWorkScope(const LongWorkScope&) = delete;
  LongWorkScope& operator=(const LongWorkScope&) = delete;

 private:
  bool active_;
  void* state_;
};

namespace detail {

inline int64_t size_in_bytes(const Tensor& tensor) {
  return tensor.count() * item_size(tensor.dtype());
}

// Calls f(buffers) on the operands' memory.
template <class F>
void run_now(Operands writes, Operands reads, F f) {
  constexpr size_t kInline = 8;
  std::array<void*, kInline> few;
  std::vector<void*> many;
  void** pointers = few.data();
  if (writes.size() + reads.size() > kInline) {
    many.resize(writes.size() + reads.size());
    pointers = many.data();
  }
  int64_t bytes = 0;
  size_t i = 0;
  for (Operands group : {writes, reads})
    for (const Tensor* tensor : group) {
      pointers[i++] = tensor->bytes();
      bytes += size_in_bytes(*tensor);
    }
  const LongWorkScope unlocked(bytes);
  const FlushDenormals flushed;
  f(Buffers(pointers));
}

}  // namespace detail

// Calls body(buffers, begin, end) until all parts are done, over threads.
template <class F>
void run_parts(const Parts& parts, Buffers buffers, const F& body) {
  if (parts.count <= parts.grain) [[likely]] {
    if (parts.count > 0) body(buffers, int64_t{0}, parts.count);
    return;
  }
  const int64_t unit = parts.unit, units = (parts.count + unit - 1) / unit;
  parallel_for(units, parts.grain / unit, [&](int64_t first, int64_t last) {
    body(buffers, first * unit, std::min(last * unit, parts.count));
  });
}

// Work that falls into parts: body(buffers, begin, end) does those from begin to end.
template <class F>
void launch_parts(const char* name, std::initializer_list<const Tensor*> writes,
                  std::initializer_list<const Tensor*> reads, const Parts& parts, F&& body) {
  const Operands to(writes.begin(), writes.size()), from(reads.begin(), reads.size());
  if (observer) [[unlikely]]
    return observer->launched(name, to, from, Body(body), parts, Repeat::kAlways);
  detail::run_now(to, from, [&](Buffers buffers) { run_parts(parts, buffers, body); });
}

// Any other work, body(buffers), on any number of operands; the fixed-arity form below is what ops
// use.
template <class F>
void launch(const char* name, Operands writes, Operands reads, F&& body,
            Repeat repeat = Repeat::kAlways) {
  if (observer) [[unlikely]] {
    auto whole = [body](Buffers buffers, int64_t, int64_t) { body(buffers); };
    return observer->launched(name, writes, reads, Body(std::move(whole)), Parts(), repeat);
  }
  detail::run_now(writes, reads, body);
}

template <class F>
void launch(const char* name, std::initializer_list<const Tensor*> writes,
            std::initializer_list<const Tensor*> reads, F&& body, Repeat repeat = Repeat::kAlways) {
  launch(name, Operands(writes.begin(), writes.size()), Operands(reads.begin(), reads.size()),
         std::forward<F>(body), repeat);
}

}  // namespace lamina::exec

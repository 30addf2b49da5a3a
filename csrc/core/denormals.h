// The processor's treatment of denormal numbers, set for a scope; no arithmetic belongs here.
#pragma once

#include <cstdint>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace lamina {

// While one lives, its thread treats denormal numbers as zero (they cost up to 50 times as much).
// Code between must not be inlined across its ends: kernels, called by pointer, are not.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : saved_(read()) {
    if (!flushing()) write(saved_ | kFlush);
  }
  ~FlushDenormals() {
    if (!flushing()) write(saved_);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__)
  using Mode = uint32_t;
  static constexpr Mode kFlush = 0x8040;  // MXCSR: FTZ (results) and DAZ (operands)
  static Mode read() noexcept { return _mm_getcsr(); }
  static void write(Mode mode) noexcept { _mm_setcsr(mode); }
#elif defined(__aarch64__)
  using Mode = uint64_t;
  static constexpr Mode kFlush = Mode{1} << 24;  // FPCR: FZ (both)
  static Mode read() noexcept {
    Mode mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void write(Mode mode) noexcept { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  using Mode = uint32_t;
  static constexpr Mode kFlush = 0;
  static Mode read() noexcept { return 0; }
  static void write(Mode) noexcept {}
#endif

  bool flushing() const noexcept { return (saved_ & kFlush) == kFlush; }

  const Mode saved_;
};

}  // namespace lamina

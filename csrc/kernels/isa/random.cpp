// Random numbers: uniform, normal, integers, choices, orders, and dropout.
#include "kernels/random_block.h"

#include "kernels/isa/philox.h"
#include "kernels/isa/vec_math.h"
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {
namespace {

static_assert(kWordsPerBlock == kPhiloxBlock);

// Successive blocks of words. One copy for all, called for several blocks at a time, for it is long
// and has to spread the keys of ten rounds first.
constexpr int64_t kBlocksAtOnce = 4;
__attribute__((noinline)) void block_words(uint64_t seed, uint64_t block, int64_t count,
                                           uint32_t* words) {
  for (int64_t i = 0; i < count; ++i, ++block, words += kWordsPerBlock)
    philox_block(seed, block * kPhiloxCounters, 0, words);
}

// Number j of a block takes word j, or words j and j + 32.
LAMINA_INLINE uint64_t wide_word(const uint32_t* words, int64_t j) {
  return uint64_t{words[kIntegersPerBlock + j]} << 32 | words[j];
}

// Calls f(words, to) block by block; `to` has room for a whole block.
template <int64_t kPerBlock, class T, class F>
LAMINA_INLINE void each_block(int64_t n, T* y, uint64_t seed, uint64_t block, F f) {
  uint32_t drawn[kBlocksAtOnce * kWordsPerBlock];
  T rest[kPerBlock];
  for (int64_t i = 0; i < n; i += kPerBlock, ++block) {
    const int64_t turn = i / kPerBlock % kBlocksAtOnce, left = (n - i - 1) / kPerBlock + 1;
    if (turn == 0) block_words(seed, block, left < kBlocksAtOnce ? left : kBlocksAtOnce, drawn);
    const uint32_t* words = drawn + turn * kWordsPerBlock;
    if (n - i >= kPerBlock) {
      f(words, y + i);
    } else {
      f(words, rest);
      for (int64_t j = 0; i + j < n; ++j) y[i + j] = rest[j];
    }
  }
}

template <class T>
LAMINA_INLINE void unit_uniform(const uint32_t* words, T* u) {
  for (int64_t j = 0; j < kRealsPerBlock<T>; ++j) {
    if constexpr (sizeof(T) == sizeof(float))
      u[j] = uniform01<T>(words[j]);
    else
      u[j] = uniform01<T>(wide_word(words, j));
  }
}

template <class T>
void random_uniform(int64_t n, T* y, uint64_t seed, uint64_t block, T low, T range, T highest) {
  each_block<kRealsPerBlock<T>>(n, y, seed, block, [=](const uint32_t* words, T* to) {
    unit_uniform(words, to);
    for (int64_t j = 0; j < kRealsPerBlock<T>; ++j) to[j] = min(low + to[j] * range, highest);
  });
}

// Two independent standard normal numbers from two uniform in [0, 1), by Box and Muller.
template <class T>
struct NormalPair {
  Vec<T> first;
  Vec<T> second;

  LAMINA_INLINE NormalPair(Vec<T> u1, Vec<T> u2) {
    const Vec<T> radius = sqrt(Vec<T>(-2) * log(Vec<T>(1) - u1));
    const Vec<T> angle = Vec<T>(static_cast<T>(6.283185307179586)) * u2;
    first = radius * cos(angle);
    second = radius * sin(angle);
  }
};

// The first half of a block gives the radii, the second the angles.
template <class T>
void random_normal(int64_t n, T* y, uint64_t seed, uint64_t block, T mean, T deviation) {
  using V = Vec<T>;
  constexpr int64_t kHalf = kRealsPerBlock<T> / 2;
  static_assert(kHalf % V::width == 0);
  each_block<kRealsPerBlock<T>>(n, y, seed, block, [=](const uint32_t* words, T* to) {
    T u[2 * kHalf];
    unit_uniform(words, u);
    for (int64_t j = 0; j < kHalf; j += V::width) {
      const NormalPair<T> pair(V::load(u + j), V::load(u + kHalf + j));
      fma(pair.first, V(deviation), V(mean)).store(to + j);
      fma(pair.second, V(deviation), V(mean)).store(to + kHalf + j);
    }
  });
}

template <class T>
void random_choice(int64_t n, bool* chosen, const T* p, uint64_t seed, uint64_t block) {
  uint32_t words[kWordsPerBlock];
  for (int64_t i = 0; i < n; i += kBitsPerBlock, ++block) {
    block_words(seed, block, 1, words);
    for (int64_t j = 0; j < kBitsPerBlock && i + j < n; ++j)
      chosen[i + j] = static_cast<double>(words[j]) < static_cast<double>(p[i + j]) * 0x1p32;
  }
}

// Chooses by words, or halves of them, below a threshold that may be one more than Word holds.
template <class Word, class T>
LAMINA_INLINE void choose(int64_t n, T* y, uint64_t seed, uint64_t block, uint64_t threshold) {
  constexpr int64_t kChoices = kWordsPerBlock * int64_t{sizeof(uint32_t) / sizeof(Word)};
  const bool possible = threshold > 0;
  const auto last = static_cast<Word>(threshold - 1);
  each_block<kChoices>(n, y, seed, block, [=](const uint32_t* words, T* to) {
    Word drawn[kChoices];
    __builtin_memcpy(drawn, words, sizeof drawn);
    for (int64_t j = 0; j < kChoices; ++j) to[j] = static_cast<T>(possible & (drawn[j] <= last));
  });
}

template <class T>
void random_bit(int64_t n, T* y, uint64_t seed, uint64_t block, uint64_t threshold) {
  choose<uint32_t>(n, y, seed, block, threshold);
}

template <class T>
void masked_scale(int64_t n, T* y, const bool* kept, const T* x, T scale) {
  // GCC vectorizes the step from bytes to numbers, but not that from truth values.
  const auto* bits = reinterpret_cast<const uint8_t*>(kept);
  for (int64_t i = 0; i < n; ++i)
    y[i] = x[i] * (static_cast<T>(static_cast<int32_t>(bits[i])) * scale);
}

// In pieces, so that the mask is still in the cache when it is read.
template <class T>
void dropout_fwd(int64_t n, T* y, bool* kept, const T* x, uint64_t seed, uint64_t block,
                 uint64_t threshold, T scale) {
  constexpr int64_t kPiece = 16 * kHalvesPerBlock;
  for (int64_t i = 0; i < n; i += kPiece, block += kPiece / kHalvesPerBlock) {
    const int64_t count = n - i < kPiece ? n - i : kPiece;
    choose<uint16_t>(count, kept + i, seed, block, threshold);
    masked_scale(count, y + i, kept + i, x + i, scale);
  }
}

template <class T>
void random_integer(int64_t n, T* y, uint64_t seed, uint64_t block, int64_t low, uint64_t count) {
  each_block<kIntegersPerBlock>(n, y, seed, block, [=](const uint32_t* words, T* to) {
    for (int64_t j = 0; j < kIntegersPerBlock; ++j) {
      const uint64_t bits = wide_word(words, j);
      const uint64_t above = count == 0 ? bits : uniform_int(bits, count);
      to[j] = static_cast<T>(static_cast<int64_t>(static_cast<uint64_t>(low) + above));
    }
  });
}

// Each number in turn takes the place of one before it, which moves to the end.
template <class T>
void random_order(int64_t n, T* y, uint64_t seed, uint64_t block) {
  uint32_t words[kWordsPerBlock];
  int64_t place[kIntegersPerBlock];
  for (int64_t i = 0; i < n; i += kIntegersPerBlock, ++block) {
    block_words(seed, block, 1, words);
    const int64_t count = n - i < kIntegersPerBlock ? n - i : kIntegersPerBlock;
    for (int64_t j = 0; j < count; ++j) {
      place[j] =
          static_cast<int64_t>(uniform_int(wide_word(words, j), static_cast<uint64_t>(i + j + 1)));
      __builtin_prefetch(y + place[j], 1);
    }
    for (int64_t j = 0; j < count; ++j) {
      y[i + j] = y[place[j]];
      y[place[j]] = static_cast<T>(i + j);
    }
  }
}

template <class T>
void fill(FloatKernels<T>& table) {
#define FLOAT_KERNEL(name, args) table.name = &name<T>;
#define NUMBER_KERNEL(name, args)
#include "kernels/random.def"
#undef FLOAT_KERNEL
#undef NUMBER_KERNEL
}

template <class T>
void fill(NumberKernels<T>& table) {
#define FLOAT_KERNEL(name, args)
#define NUMBER_KERNEL(name, args) table.name = &name<T>;
#include "kernels/random.def"
#undef FLOAT_KERNEL
#undef NUMBER_KERNEL
}

}  // namespace

void fill_random(KernelTable& table) {
  fill(table.f32);
  fill(table.f64);
  table.each_number([](auto& numbers) { fill(numbers); });
}

}  // namespace lamina::LAMINA_ISA_NS

// How many random numbers one block of words serves: what the kernels and those who cut a draw have
// to agree on.
#pragma once

#include <cstdint>

namespace lamina {

inline constexpr int64_t kWordsPerBlock = 64;

// Numbers of `words` words of 32 bits each.
constexpr int64_t numbers_per_block(int64_t words) { return kWordsPerBlock / words; }

// Uniform and normal numbers use as many bits as they have; choices use one word, those of dropout,
// which are most, half a word, integers two.
template <class T>
inline constexpr int64_t kRealsPerBlock = numbers_per_block(sizeof(T) / sizeof(uint32_t));
inline constexpr int64_t kBitsPerBlock = numbers_per_block(1);
inline constexpr int64_t kHalvesPerBlock = 2 * kWordsPerBlock;
inline constexpr int64_t kIntegersPerBlock = numbers_per_block(2);

}  // namespace lamina

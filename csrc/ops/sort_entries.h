// An element of a row as one integer whose order is the row's, and sorting such integers. Rows of
// tensors stand in sort.h.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace lamina {

// An integer as wide as an element, at least 32 bits, whose unsigned order is that of the elements.
template <class T>
struct SortKey {
  using Type = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  static constexpr int kBits = sizeof(Type) * 8;
  static constexpr Type kTop = Type{1} << (kBits - 1);
  static constexpr Type kNan = ~Type{0};

  static Type of(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      if (value != value) return kNan;
      const auto bits = std::bit_cast<Type>(value + T(0));  // -0 becomes 0
      return (bits & kTop) != 0 ? ~bits : bits | kTop;
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<Type>(value) ^ kTop;
    } else {
      return static_cast<Type>(value);
    }
  }
};

// The key above the position: no two entries are equal, so that any sort of them is a stable one.
template <class T>
struct SortEntry {
  using Key = SortKey<T>;
  using Type = std::conditional_t<sizeof(T) == 8, unsigned __int128, uint64_t>;

  static Type make(T value, int64_t position, bool descending) {
    const typename Key::Type key = Key::of(value);
    const auto ordered = static_cast<typename Key::Type>(descending ? ~key : key);
    return Type{ordered} << Key::kBits | static_cast<typename Key::Type>(position);
  }
  static int64_t position(Type entry) {
    return static_cast<int64_t>(static_cast<typename Key::Type>(entry));
  }
  static typename Key::Type key(Type entry) {
    return static_cast<typename Key::Type>(entry >> Key::kBits);
  }
};

// Sorts entries whose positions ascend, by their keys, a byte at a time; `spare` has room for as
// many.
template <class T>
void radix_sort(typename SortEntry<T>::Type* entries, typename SortEntry<T>::Type* spare,
                int64_t n) {
  using Entry = SortEntry<T>;
  constexpr int kDigits = Entry::Key::kBits / 8;
  std::array<std::array<int64_t, 256>, kDigits> starts{};
  for (int64_t i = 0; i < n; ++i)
    for (int digit = 0; digit < kDigits; ++digit)
      ++starts[static_cast<size_t>(digit)][Entry::key(entries[i]) >> (8 * digit) & 255];
  auto *from = entries, *to = spare;
  for (int digit = 0; digit < kDigits; ++digit) {
    auto& start = starts[static_cast<size_t>(digit)];
    if (start[Entry::key(from[0]) >> (8 * digit) & 255] == n) continue;  // one digit for all
    int64_t sum = 0;
    for (int64_t& place : start) sum += std::exchange(place, sum);
    for (int64_t i = 0; i < n; ++i) to[start[Entry::key(from[i]) >> (8 * digit) & 255]++] = from[i];
    std::swap(from, to);
  }
  if (from != entries) std::copy(from, from + n, entries);
}

template <class T>
void sort_entries(typename SortEntry<T>::Type* entries, typename SortEntry<T>::Type* spare,
                  int64_t n) {
  // Below, comparing is quicker than counting.
  constexpr int64_t kRadixFrom = 32 * sizeof(T);
  if (n < kRadixFrom)
    std::sort(entries, entries + n);
  else
    radix_sort<T>(entries, spare, n);
}

}  // namespace lamina

// Chooses, once, which instruction set's kernels run; the kernels themselves and their table are
// elsewhere.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/table.h"

namespace lamina {

// Chooses the best set that this processor has, or the one that the environment variable LAMINA_ISA
// names, and returns its kernels. Throws std::invalid_argument when that name is unknown or the
// processor lacks it.
const KernelTable& select_kernels();

// Chooses by name, for tests. Throws as select_kernels() does, naming `set_isa`.
void set_isa(std::string_view name);

// The name of the chosen set.
std::string isa();

// From the plainest to the widest: all that were compiled, and those of them that this processor
// has.
std::vector<std::string> built_isas();
std::vector<std::string> available_isas();

namespace detail {
extern std::atomic<const KernelTable*> chosen_kernels;  // null until the first choice
}

// The chosen kernels; the first call chooses.
inline const KernelTable& kernels() {
  const KernelTable* table = detail::chosen_kernels.load(std::memory_order_acquire);
  if (table == nullptr) [[unlikely]]
    return select_kernels();
  return *table;
}

}  // namespace lamina

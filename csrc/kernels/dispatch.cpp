// The ordered list of instruction sets that were compiled, and the choice among them; no kernel is
// called here.
#include "kernels/dispatch.h"

#include <cstdlib>
#include <stdexcept>

namespace lamina {

#define LAMINA_DECLARE_ISA(name)   \
  namespace isa_##name {           \
    void fill_table(KernelTable&); \
  }
LAMINA_DECLARE_ISA(baseline)
LAMINA_DECLARE_ISA(avx2)
LAMINA_DECLARE_ISA(avx512)
#undef LAMINA_DECLARE_ISA

namespace {

template <void (*fill_table)(KernelTable&)>
const KernelTable& filled_table() {
  static const KernelTable table = [] {
    KernelTable filled{};
    fill_table(filled);
    return filled;
  }();
  return table;
}

struct Isa {
  std::string_view name;
  bool (*is_available)();
  const KernelTable& (*table)();
};

// From the plainest to the widest.
constexpr Isa kIsas[] = {
    {"baseline", [] { return true; }, &filled_table<isa_baseline::fill_table>},
#ifdef LAMINA_HAVE_AVX2
    {"avx2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); },
     &filled_table<isa_avx2::fill_table>},
#endif
#ifdef LAMINA_HAVE_AVX512
    {"avx512",
     [] {
       return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("fma");
     },
     &filled_table<isa_avx512::fill_table>},
#endif
};

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

const Isa& find_isa(std::string_view name, const std::string& asked_by) {
  const std::string got = "; got '" + std::string(name) + "'";
  for (const Isa& isa : kIsas) {
    if (isa.name != name) continue;
    if (isa.is_available()) return isa;
    throw std::invalid_argument("[" + asked_by +
                                "] expected an instruction set of this processor (" +
                                join(available_isas()) + ")" + got);
  }
  throw std::invalid_argument("[" + asked_by + "] expected one of " + join(built_isas()) + got);
}

const Isa& best_isa() {
  const Isa* best = kIsas;
  for (const Isa& isa : kIsas) {
    if (isa.is_available()) best = &isa;
  }
  return *best;
}

const KernelTable& choose(const Isa& isa) {
  const KernelTable& table = isa.table();
  detail::chosen_kernels.store(&table, std::memory_order_release);
  return table;
}

}  // namespace

std::atomic<const KernelTable*> detail::chosen_kernels = nullptr;

const KernelTable& select_kernels() {
  const char* forced = std::getenv("LAMINA_ISA");
  return choose(forced == nullptr ? best_isa() : find_isa(forced, "LAMINA_ISA"));
}

void set_isa(std::string_view name) { choose(find_isa(name, "set_isa")); }

std::string isa() { return kernels().isa; }

std::vector<std::string> built_isas() {
  std::vector<std::string> names;
  for (const Isa& isa : kIsas) names.emplace_back(isa.name);
  return names;
}

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Isa& isa : kIsas) {
    if (isa.is_available()) names.emplace_back(isa.name);
  }
  return names;
}

}  // namespace lamina

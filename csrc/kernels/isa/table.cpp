// Gathers the kernels of one instruction set.
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

#define FAMILY(name) void fill_##name(KernelTable& table);
#define NETWORK_FAMILY(name, Kernels) FAMILY(name)
#include "kernels/families.def"
#include "kernels/network_families.def"
#undef FAMILY

#define LAMINA_TEXT(text) #text
#define LAMINA_TEXT_OF(macro) LAMINA_TEXT(macro)

void fill_table(KernelTable& table) {
  // "isa_avx2" without its prefix.
  table.isa = &LAMINA_TEXT_OF(LAMINA_ISA_NS)[4];
#define FAMILY(name) fill_##name(table);
#include "kernels/families.def"
#include "kernels/network_families.def"
#undef FAMILY
#undef NETWORK_FAMILY
}

}  // namespace lamina::LAMINA_ISA_NS

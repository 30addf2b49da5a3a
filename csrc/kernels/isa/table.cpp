// Gathers the kernels of one instruction set; a new family adds a line to the list.
#include "kernels/table.h"

namespace lamina::LAMINA_ISA_NS {

#define LAMINA_NAME(text) #text
#define LAMINA_ISA_NAME(ns) LAMINA_NAME(ns)

#define LAMINA_FAMILIES(FAMILY)                                                                   \
  FAMILY(unary)                                                                                   \
  FAMILY(binary)                                                                                  \
  FAMILY(copy)                                                                                    \
  FAMILY(index) FAMILY(gemm) FAMILY(reduce) FAMILY(arg_reduce) FAMILY(softmax) FAMILY(cumulative) \
      FAMILY(random)

#define LAMINA_DECLARE(family) void fill_##family(KernelTable& table);
LAMINA_FAMILIES(LAMINA_DECLARE)

void fill_table(KernelTable& table) {
  // "isa_avx2" without its prefix.
  table.isa = &LAMINA_ISA_NAME(LAMINA_ISA_NS)[4];
#define LAMINA_FILL(family) fill_##family(table);
  LAMINA_FAMILIES(LAMINA_FILL)
}

}  // namespace lamina::LAMINA_ISA_NS

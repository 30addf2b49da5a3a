// Makes a recorded program ready to run: what it leaves out, what it runs together, and where its
// memory lies. The results have the bits that the launches one by one would give.
#pragma once

#include "exec/program.h"

namespace lamina::exec {

void plan(Program& program);

}  // namespace lamina::exec

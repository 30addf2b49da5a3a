// formulas.h for kernels: the functions that its formulas call must be declared before it, as
// numbers, unlike tensors, have no namespace in which they would be found later.
#pragma once

#include "kernels/isa/number.h"
#include "kernels/isa/vec_math.h"

#include "kernels/formulas.h"

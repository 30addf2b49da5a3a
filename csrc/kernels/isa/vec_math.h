// The mathematical functions of Vec and of plain float and double; how they work is in
// vec_math_*.h.
//
// Bounds of the error in units in the last place, on every ISA; tests/cpp/test_vec_math.cpp holds
// the same table and checks it:
//
//           float  double              float  double
//   exp     1.1    1.1        log      1      1
//   exp2    1.2    1.2        log1p    1.5    1.5
//   expm1   1.5    2          log2     2.5    2.5
//   sigmoid 2      2          log10    2      2
//   tanh    3      3          sin, cos 1.7    1.7
//   erf     1.5    1.5        tan      4      4
//   erfinv  3      4          lgamma   6      6
//
// digamma and polygamma err by a few units of the larger of the result and 1. The others, and
// lgamma of negative numbers, are the C library's. Zeros keep their sign, NaN stays NaN, subnormal
// inputs and results are right unless the thread flushes them, and no argument is too large.
#pragma once

#include "kernels/isa/vec_math_erfinv.h"
#include "kernels/isa/vec_math_exp.h"
#include "kernels/isa/vec_math_gamma.h"
#include "kernels/isa/vec_math_libm.h"
#include "kernels/isa/vec_math_log.h"
#include "kernels/isa/vec_math_trig.h"

namespace lamina::LAMINA_ISA_NS {

using libm::acos;
using libm::acosh;
using libm::asin;
using libm::asinh;
using libm::atan;
using libm::atan2;
using libm::atanh;
using libm::cosh;
using libm::erfc;
using libm::pow;
using libm::sinh;

}  // namespace lamina::LAMINA_ISA_NS

// The rounding modes on vectors of every instruction set: SingleRounding and DoubleRounding in its
// namespace, each made of (multiplier, shift, addend) as Multiplier has them; FloatRounding, of
// (factor, addend).
#pragma once

#include "int8/kernels/vec_rounding_avx2.h"
#include "int8/kernels/vec_rounding_avx512.h"
#include "int8/kernels/vec_rounding_neon.h"

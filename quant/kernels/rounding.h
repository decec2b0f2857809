// The rounding modes on vectors of every instruction set: SingleRounding and DoubleRounding in its
// namespace, each made of (multiplier, shift, addend) as Multiplier has them.
#pragma once

#include "quant/kernels/rounding_avx2.h"
#include "quant/kernels/rounding_avx512.h"
#include "quant/kernels/rounding_neon.h"

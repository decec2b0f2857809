// Channels that are lost: quantized so that nothing of the input is left in them.
#pragma once

#include "core/tensor.h"
#include "int8/reference/activation_range.h"
#include "quant/fold.h"
#include "quant/qconfig.h"

namespace octet::quant {

/// How many output channels have one code, whatever the input's codes are. `codes`: i8 [O, ...],
/// before folding; `range`: of the output's codes. Requires a layer that the engine accepts: its
/// accumulators cannot overflow.
int constant_channels(const Tensor& codes, const Folded& folded, QuantParams in, QuantParams out,
                      int8::ClampRange range, int8::Rounding rounding);

}  // namespace octet::quant

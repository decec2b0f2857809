// Codes to reals, for backward passes, and constants to codes.
#pragma once

#include "core/context.h"
#include "quant/params.h"

namespace octet::quant {

/// real = scale * (code - zero_point), elementwise.
Tensor dequantize(Context& ctx, const Tensor& codes, QuantParams params);

/// Codes of a constant operand: as the network's input (line 20).
Tensor quantize_constant(Context& ctx, const Tensor& constant, QuantParams params);

/// dy where the mask bit is set, else 0 (line 23).
Tensor apply_mask(Context& ctx, const Tensor& dy, const Tensor& mask);

}  // namespace octet::quant

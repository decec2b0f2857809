// Codes to reals, for backward passes.
#pragma once

#include "core/context.h"
#include "quant/params.h"

namespace octet::quant {

/// real = scale * (code - zero_point), elementwise.
Tensor dequantize(Context& ctx, const Tensor& codes, QuantParams params);

/// dy where the mask bit is set, else 0 (line 23).
Tensor apply_mask(Context& ctx, const Tensor& dy, const Tensor& mask);

}  // namespace octet::quant

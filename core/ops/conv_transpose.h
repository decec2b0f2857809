// Geometry of transposed convolution, for the float op and the quantized one.
#pragma once

#include <string_view>

#include "core/kernels/conv/conv.h"
#include "core/ops/tensor_ops.h"

namespace octet {

/// The convolution whose adjoint the op is: its input is the op's result (in_h, in_w, in_c of the
/// ConvShape), its result the op's input. Weights of that convolution are [C, KH, KW, O]; see
/// swap_channels(). Throws Error (op, operand, expected, got) if x and w do not fit.
ConvShape conv_transpose_shape(const Shape& x, const Shape& w, const ConvTranspose2dOp& op,
                               std::string_view name = "conv_transpose2d");
/// [A, KH, KW, B] -> [B, KH, KW, A].
Tensor swap_channels(Context& ctx, const Tensor& w);

}  // namespace octet

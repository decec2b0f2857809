// Transposed convolution, and its geometry for the quantized one.
#pragma once

#include <string_view>

#include "core/kernels/conv/float_conv.h"
#include "core/tape.h"
#include "core/window.h"

namespace octet {

/// The adjoint of a convolution: y = sum over input pixels of x w at stride * pixel - padding.
/// Inputs: x [N, H, W, C]; w [O, KH, KW, C / groups]; optional b [O]. Result [N, OH, OW, O] with
/// OH = (H - 1) stride + (KH - 1) dilation + 1 - top - bottom + extra; with SAME padding
/// OH = H stride. Output channels of group g read the input channels of group g.
struct ConvTranspose2dOp final : Op {
  Window2d window;               ///< of the convolution from the result to the input
  int extra_h = 0, extra_w = 0;  ///< PyTorch's output_padding, below the stride or the dilation
  int groups = 1;
  /// Throws Error for extents and groups below 1 and bad extra rows.
  ConvTranspose2dOp(const Window2d& w, int eh, int ew, int g = 1);
  std::string_view name() const override { return "conv_transpose2d"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Records a ConvTranspose2dOp, with a bias or without.
/// @{
Var conv_transpose2d(Var x, Var w, const Window2d& window, int extra_h = 0, int extra_w = 0,
                     int groups = 1);
Var conv_transpose2d(Var x, Var w, Var b, const Window2d& window, int extra_h = 0, int extra_w = 0,
                     int groups = 1);
/// @}

/// The convolution whose adjoint the op is: its input is the op's result (in_h, in_w, in_c of the
/// ConvShape), its result the op's input. Weights of that convolution are [C, KH, KW, O / groups];
/// see swap_channels(). Throws Error (op, operand, expected, got) if x and w do not fit.
ConvShape conv_transpose_shape(const Shape& x, const Shape& w, const ConvTranspose2dOp& op,
                               std::string_view name = "conv_transpose2d");
/// [A, KH, KW, B] -> [B, KH, KW, A]; with groups each group's part, [A, KH, KW, B / groups] ->
/// [B, KH, KW, A / groups].
Tensor swap_channels(Context& ctx, const Tensor& w, int groups = 1);

}  // namespace octet

// Float convolution on raw arrays, for the conv2d op and for the backward of quantized convolution.
#pragma once

#include <cstdint>

#include "core/context.h"
#include "core/ops.h"

namespace octet {

/// Layouts: x [batch, in_h, in_w, in_c], w [out_c, kernel_h, kernel_w, in_c / groups],
/// y [batch, out_h, out_w, out_c].
struct ConvShape {
  std::int64_t batch = 1, in_h = 1, in_w = 1, in_c = 1, out_h = 1, out_w = 1, out_c = 1;
  int groups = 1;
  Window2d window;  ///< padding resolved (explicit)

  std::int64_t weights_per_channel() const noexcept {
    return std::int64_t{window.kernel_h} * window.kernel_w * (in_c / groups);
  }
};

/// From operand shapes. Throws Error (op, operand, expected, got) if they do not fit.
ConvShape conv_shape(const Shape& x, const Shape& w, const Window2d& window, int groups,
                     std::string_view op = "conv2d");

/// y = x (*) w + bias (bias may be null).
void conv_forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
                  real* y);
/// dx = w^T (*) dy + beta dx, beta in {0, 1}.
void conv_backward_input(Context& ctx, const ConvShape& s, const real* w, const real* dy, real* dx,
                         real beta);
/// dw = dy (*) x + beta dw, beta in {0, 1}. Summed over the batch in an order fixed by the shape.
void conv_backward_weights(Context& ctx, const ConvShape& s, const real* x, const real* dy,
                           real* dw, real beta);

}  // namespace octet

// Convolution in registers, without packed patches: blocks of pixels by blocks of output channels,
// read from an image with its padding in place. For float with AVX-512, where it beats matrix
// products of patches. Not for users of the library.
#pragma once

#include "core/conv.h"

namespace octet {

/// What the kernels take; elsewhere conv_dense.cpp does the work.
bool direct_forward_fits(const ConvShape& s) noexcept;
bool direct_backward_input_fits(const ConvShape& s) noexcept;
bool direct_backward_weights_fits(const ConvShape& s) noexcept;

void direct_forward(Context& ctx, const ConvShape& s, const real* x, const real* w,
                    const real* bias, real* y);
void direct_backward_input(Context& ctx, const ConvShape& s, const real* w, const real* dy,
                           real* dx, real beta);
void direct_backward_weights(Context& ctx, const ConvShape& s, const real* x, const real* dy,
                             real* dw, real beta);

}  // namespace octet

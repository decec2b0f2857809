// Convolution in registers, without packed patches: blocks of pixels by blocks of output channels,
// read from an image with its padding in place. For float, on CPUs that have the kernels, where it
// beats matrix products of patches. Not for users of the library.
#pragma once

#include "core/kernels/conv/float_conv.h"
#include "core/kernels/conv/kernels.h"

namespace octet {

/// conv_forward for this shape, or null where conv_dense.cpp does it better.
decltype(&conv_forward) direct_forward(Isa isa, const ConvShape& s) noexcept;
/// dx where many weights meet few tiles (else see conv_gradients.h), or null.
decltype(&dense_backward_input) direct_backward_groups(Isa isa, const ConvShape& s) noexcept;

}  // namespace octet

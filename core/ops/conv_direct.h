// Convolution in registers, without packed patches: blocks of pixels by blocks of output channels,
// read from an image with its padding in place. For float, on CPUs that have the kernels, where it
// beats matrix products of patches. Not for users of the library.
#pragma once

#include "core/conv.h"

namespace octet {

/// The functions of core/conv.h for this shape, or null where conv_dense.cpp does it better.
decltype(&conv_forward) direct_forward(const ConvShape& s) noexcept;
decltype(&conv_backward_input) direct_backward_input(const ConvShape& s) noexcept;
decltype(&conv_backward_weights) direct_backward_weights(const ConvShape& s) noexcept;

}  // namespace octet

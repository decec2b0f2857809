// Depthwise convolution, any multiplier, on the depthwise kernels.
#pragma once

#include <memory>

#include "int8/kernels/conv_algorithm.h"
#include "int8/kernels/conv_args.h"

namespace octet::int8 {

/// Requires g.groups == g.in_c.
std::unique_ptr<ConvAlgorithm> make_depthwise_conv(const ConvGeometry& g,
                                                   const ConvKernels& kernels);

}  // namespace octet::int8

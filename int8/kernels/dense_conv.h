// Dense and grouped convolution and fully connected layers on the tile kernels.
#pragma once

#include <memory>

#include "int8/kernels/conv_algorithm.h"
#include "int8/kernels/conv_args.h"

namespace octet::int8 {

std::unique_ptr<ConvAlgorithm> make_dense_conv(const ConvGeometry& g, const ConvKernels& kernels);

}  // namespace octet::int8

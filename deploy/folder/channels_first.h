// Samples in the order of ONNX files, whose images are NCHW, and back.
#pragma once

#include <cstddef>
#include <vector>

#include "int8/engine/model.h"

namespace octet::deploy {

/// Samples back to back, each with one value after the other; those of rank 4 are NHWC, and become
/// NCHW.
std::vector<std::byte> channels_first(const std::vector<std::byte>& samples,
                                      const std::vector<int8::ValueInfo>& values);
/// The other way; `values` have the shapes of NHWC here too.
std::vector<std::byte> channels_last(const std::vector<std::byte>& samples,
                                     const std::vector<int8::ValueInfo>& values);

/// The values with their shapes in that order.
std::vector<int8::ValueInfo> channels_first(std::vector<int8::ValueInfo> values);

}  // namespace octet::deploy

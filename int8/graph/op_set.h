// Which operators a program has: it links what the sets that it names need.
#pragma once

#include "base/export.h"

namespace octet::int8 {

struct OpSet;

/// The operators of convolutional networks.
OCTET_API const OpSet& cnn_ops() noexcept;
/// All that the runtime has: the rarer and the recurrent ones too, and computations on the floats
/// that converters leave between DEQUANTIZE and QUANTIZE.
OCTET_API const OpSet& all_ops() noexcept;

}  // namespace octet::int8

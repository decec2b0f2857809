// The same convolution with rows as long as they can be: kernels work along rows.
#pragma once

#include "base/conv_geometry.h"

namespace octet::int8 {

/// A geometry with the same input, weights and output, byte for byte. Images one column wide become
/// images of one row; columns that a dense kernel spans altogether become channels.
ConvGeometry with_long_rows(ConvGeometry g) noexcept;

}  // namespace octet::int8

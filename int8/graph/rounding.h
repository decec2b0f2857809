// The two ways of rounding in integer requantization.
#pragma once

#include <cstdint>

namespace octet::int8 {

/// How int32 values are rescaled. A property of the model, recorded in its file.
///  - single_rounding: one rounding, ties toward +infinity; what XNNPACK and ONNX Runtime
///  approximate.
///  - double_rounding: gemmlowp's two roundings; TFLite Micro, bit for bit (docs/engine.md says
///  where LiteRT's reference kernels differ).
enum class Rounding : std::uint8_t { single_rounding, double_rounding };

}  // namespace octet::int8

// The ways of rounding in requantization.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/export.h"

namespace octet::int8 {

/// How int32 values are rescaled. A property of the model, recorded in its file.
///  - single_rounding: one rounding, ties toward +infinity; what ONNX Runtime approximates.
///  - double_rounding: gemmlowp's two roundings; TFLite Micro, bit for bit (docs/engine.md says
///  where LiteRT's reference kernels differ).
///  - float_rounding: by one product in float32, ties to even: XNNPACK, and with it LiteRT as it
///  runs by default on x86-64, bit for bit. Each node by XNNPACK's rule for its operator, or, where
///  XNNPACK does not take the node, by that of LiteRT's own kernel. Of the set of all operators.
enum class Rounding : std::uint8_t { single_rounding, double_rounding, float_rounding };

/// "single", "double" or "float".
OCTET_API std::string_view rounding_name(Rounding rounding) noexcept;
/// Nothing for another name.
OCTET_API std::optional<Rounding> parse_rounding(std::string_view name) noexcept;

}  // namespace octet::int8

// What QuantizeLinear and DequantizeLinear say of constants and values. Codes are those of int8
// throughout: 128 less than a file's uint8.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "layers/graph/stored_quantization.h"

namespace octet::onnx {

/// How the codes are quantized that a value stands for.
struct Codes {
  /// Unknown of an input of codes until a DequantizeLinear reads it.
  std::optional<StoredQuantization::Value> params;
  bool is_unsigned = false;  ///< in the file
  bool operator==(const Codes&) const = default;
};

/// How the reals of a constant were made: scale * (code - zero point), one for all, or one for each
/// index of a dimension.
struct Dequantized {
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;  ///< as many
  std::size_t axis = 0;                   ///< of several
  bool is_int8 = false;                   ///< the codes are of 8 bits
};

}  // namespace octet::onnx

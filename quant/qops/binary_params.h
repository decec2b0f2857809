// The integers of ADD, SUB and MUL in training.
#pragma once

#include <variant>

#include "int8/reference/add.h"
#include "int8/reference/mul.h"
#include "int8/reference/xnnpack/float_add.h"
#include "int8/reference/xnnpack/float_mul.h"
#include "quant/qconfig.h"

namespace octet::quant {

/// preclamp(params, a, b) is the code of two codes before the clamp, params.range the clamp.
using BinaryParams = std::variant<int8::AddParams, int8::MulParams, int8::xnnpack::FloatAddParams,
                                  int8::xnnpack::FloatMulParams>;

/// Those of the engine for such a node: in float rounding XNNPACK's where it takes scales like
/// these, else double rounding. Throws Error where the scales have no multiplier.
BinaryParams make_binary_params(int8::OpCode op, QuantParams a, QuantParams b, QuantParams out,
                                int8::Activation activation, int8::Rounding rounding);

/// The rounding of LiteRT's own kernels in float rounding; otherwise the same.
constexpr int8::Rounding built_in_rounding(int8::Rounding rounding) {
  return rounding == int8::Rounding::float_rounding ? int8::Rounding::double_rounding : rounding;
}

}  // namespace octet::quant

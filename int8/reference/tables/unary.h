// The ops that are tables of 256 codes: what the engine compiles and training runs of each.
#pragma once

#include <optional>

#include "int8/graph/graph.h"
#include "int8/reference/scales.h"
#include "int8/reference/tables/table.h"

namespace octet::int8 {

/// What the integers of a table op are made from.
struct UnaryArgs {
  QuantParams in, out;
  Rounding rounding;
  const Attributes& attributes;
};

struct UnaryOp {
  /// Output codes of all input codes. Throws Error where the scales have no multiplier.
  UnaryCodes (*codes)(const UnaryArgs&);
  std::optional<QuantParams> fixed_output = {};  ///< scale and zero point that the format fixes
  bool keeps_params = false;                     ///< of the input
  /// The smallest output scale for which codes() has multipliers, whatever the zero points; null:
  /// every scale has.
  float (*min_output_scale)(float s_in, const Attributes&) = nullptr;
};

/// UnaryOp::min_output_scale of an op with one rescale.
inline float least_rescaled(float s_in, const Attributes&) {
  return min_rescaled_scale(s_in);
}

#define OCTET_INT8_OP(op, code, name, create)
#define OCTET_INT8_TABLE_OP(op, code, name) extern const UnaryOp op##_op;
#include "int8/graph/ops.inc"

/// Null if the op is no table.
const UnaryOp* find_unary_op(OpCode op) noexcept;

}  // namespace octet::int8

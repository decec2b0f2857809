// Whose arithmetic a node has in float rounding.
#pragma once

#include <string_view>

#include "int8/ops/node_view.h"

namespace octet::int8::xnnpack {

enum class Arithmetic : std::uint8_t {
  any,      ///< every rounding gives the same codes
  xnnpack,  ///< XNNPACK's rule for the operator
  float32,  ///< LiteRT's own kernel, in float32
  twice,    ///< LiteRT's own kernel, in double rounding
  ties_up,  ///< likewise; where vectors compute it, the second rounding has its ties up
};

/// Throws Error for a node that does not compile.
Arithmetic arithmetic_of(const NodeView& node);

/// "any", "xnnpack", "float32", "double" or "double, ties up".
std::string_view arithmetic_name(Arithmetic arithmetic) noexcept;

}  // namespace octet::int8::xnnpack

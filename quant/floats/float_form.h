// How layers that stay in floats are computed: by the float operators that the engine has.
#pragma once

#include <span>
#include <string>

#include "core/tape.h"
#include "quant/floats/float_nodes.h"

namespace octet::quant {

/// What becomes of a float op in an island.
struct FloatForm {
  /// Appends its operators and returns the result; of one sample. Null: in evaluation the op passes
  /// its input on.
  int (*lower)(FloatNodes& nodes, const Op& op, std::span<const int> x);
  /// What about `op` on a first input of shape `x` (as seen when tracing) the operators cannot
  /// say; null or empty: nothing.
  std::string (*refused)(const Op& op, const Shape& x) = nullptr;
  /// Elements are only moved: the op itself gives the operators' bits.
  bool moves = false;
};
/// Null: there is none.
const FloatForm* float_form_of(const Op& op);

/// What about `op` on a first input of shape `x` cannot stay in floats; empty: it can.
std::string without_float_form(const Op& op, const Shape& x);

}  // namespace octet::quant

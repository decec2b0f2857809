// Ops that have an integer form for some attributes or shapes only: what is wrong with the others.
// Not for users of the library.
#pragma once

#include <string>

#include "core/tape.h"

namespace octet::quant {

/// What about `op` on an input of shape `x` (the first, of the shape seen when tracing) has no
/// integer form: "op slice of the batch". Empty: it has one.
std::string refused_activation(const Op& op, const Shape& x);
std::string refused_layout(const Op& op, const Shape& x);
std::string refused_concat(const Op& op, const Shape& x);
std::string refused_max_pool(const Op& op, const Shape& x);
std::string refused_average_pool(const Op& op, const Shape& x);

}  // namespace octet::quant

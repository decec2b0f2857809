// FloatForm of ops that move elements.
#pragma once

#include <span>
#include <string>

#include "core/tape.h"
#include "quant/floats/float_nodes.h"

namespace octet::quant {

int float_reshape(FloatNodes& f, const Op& op, std::span<const int> x);
int float_layout(FloatNodes& f, const Op& op, std::span<const int> x);
int float_concat(FloatNodes& f, const Op& op, std::span<const int> x);
int float_resize(FloatNodes& f, const Op& op, std::span<const int> x);
int float_pad(FloatNodes& f, const Op& op, std::span<const int> x);
int float_tile(FloatNodes& f, const Op& op, std::span<const int> x);
int float_expand(FloatNodes& f, const Op& op, std::span<const int> x);

/// Those of them that refused_layout() and the like do not tell.
std::string refused_pad(const Op& op, const Shape& x);
std::string refused_tile(const Op& op, const Shape& x);
std::string refused_expand(const Op& op, const Shape& x);

}  // namespace octet::quant

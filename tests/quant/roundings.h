// The roundings that networks are trained in.
#pragma once

#include "int8/graph/rounding.h"

namespace octet::test {

inline constexpr int8::Rounding every_rounding[] = {int8::Rounding::single_rounding,
                                                    int8::Rounding::double_rounding,
                                                    int8::Rounding::float_rounding};

}  // namespace octet::test

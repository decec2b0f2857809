// Where a calculation went wrong.
#pragma once

#include <string>

#include "core/tape.h"
#include "layers/module.h"

namespace octet {

/// "; the first value that is not finite: <parameter or layer>", as far as the tape still knows;
/// else the empty string.
std::string first_not_finite(Tape& tape, const Module& model);

/// "; the first gradient that is not finite: of <parameter>" in the order of backward, that is from
/// the loss on; else the empty string.
std::string first_gradient_not_finite(const Module& model);

}  // namespace octet

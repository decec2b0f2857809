// Instruction sets under the names of the engine's interface.
#pragma once

#include "base/simd/isa.h"

namespace octet::int8 {

using octet::available_isas;
using octet::best_isa;
using octet::has_avx512_vnni;
using octet::Isa;
using octet::isa_name;
using octet::parse_isa;

}  // namespace octet::int8

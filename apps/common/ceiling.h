// What the machine's multipliers can do at most: the measure of a kernel's speed.
#pragma once

#include "int8/kernels/engine_isa.h"

namespace octet::app {

/// int8 multiply-accumulates a second of one core, measured (some 10 ms) with nothing but the
/// instructions that the kernels of `isa` multiply with: VPDPBUSD of 512 or 256 bits, VPMADDWD and
/// VPADDD, SDOT. 0 for the portable kernels, which have no such instruction.
double peak_macs_per_second(int8::Isa isa);

}  // namespace octet::app

// The instruction sets that a run of the tests is for.
#pragma once

#include <cstdlib>
#include <vector>

#include "base/simd/isa.h"

namespace octet::test {

/// All that the machine has; with OCTET_MAX_ISA, of which ctest has an entry each, that one alone.
inline std::vector<Isa> isas_under_test() {
  const char* wanted = std::getenv("OCTET_MAX_ISA");
  return wanted && *wanted ? std::vector<Isa>{best_isa()} : available_isas();
}

}  // namespace octet::test

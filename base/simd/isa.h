// The instruction sets that kernels are written for, and which one to use.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/export.h"

namespace octet {

/// Ordered within an architecture: a higher value implies the lower ones of that architecture,
/// but for avx_vnni, which CPUs with AVX-512 may lack.
enum class Isa : unsigned char {
  portable = 0,
  avx2 = 1,         ///< with FMA
  avx_vnni = 2,     ///< AVX2 with VNNI
  avx512 = 3,       ///< F, DQ, BW and VL: for float; int8 kernels are those of lower ones
  avx512_vnni = 4,  ///< the same with VNNI
  amx_int8 = 5,     ///< the same with AMX tiles
  neon_dot = 16     ///< NEON with dot products
};

/// AVX-512 with VNNI, alone or as part of a higher one.
constexpr bool has_avx512_vnni(Isa isa) noexcept {
  return isa == Isa::avx512_vnni || isa == Isa::amx_int8;
}

/// "portable", "avx2", "avx_vnni", "avx512", "avx512_vnni", "amx_int8", "neon_dot".
OCTET_API std::string_view isa_name(Isa isa) noexcept;
/// The instruction set of that name; nothing for another text.
OCTET_API std::optional<Isa> parse_isa(std::string_view name) noexcept;

/// Every ISA this machine can run, best first, portable last; not capped by the environment.
/// The first call asks the system for AMX's tile registers.
OCTET_API std::vector<Isa> available_isas();

/// The best available ISA, at most the one that the environment variable OCTET_MAX_ISA names if it
/// is set and not empty. Throws Error if that is not the name of an ISA of this architecture.
OCTET_API Isa best_isa();

}  // namespace octet

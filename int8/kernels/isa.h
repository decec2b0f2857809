// Which instruction sets kernels may use.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/export.h"

namespace octet::int8 {

/// Ordered within an architecture: a higher value implies the lower ones of that architecture.
enum class Isa : unsigned char {
  portable = 0,
  avx2 = 1,
  avx_vnni = 2,
  avx512_vnni = 3,
  amx_int8 = 4,
  neon_dot = 16
};

/// AVX-512 with VNNI, alone or as part of a higher one.
constexpr bool has_avx512_vnni(Isa isa) noexcept {
  return isa == Isa::avx512_vnni || isa == Isa::amx_int8;
}

/// "portable", "avx2", "avx_vnni", "avx512_vnni", "amx_int8", "neon_dot".
OCTET_API std::string_view isa_name(Isa isa) noexcept;
OCTET_API std::optional<Isa> parse_isa(std::string_view name) noexcept;

/// Every ISA this machine can run, best first, portable last; not capped by the environment.
/// avx_vnni is listed only where the compiler knew it.
OCTET_API std::vector<Isa> available_isas();

/// The best available ISA, at most the one that the environment variable OCTET_MAX_ISA names if it
/// is set. Throws Error if that is not the name of an ISA of this architecture.
OCTET_API Isa best_isa();

}  // namespace octet::int8

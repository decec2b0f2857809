#include "base/simd/isa.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/simd/cpu.h"
#include "base/simd/extensions.h"

#if defined(OCTET_AMX)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace octet {
namespace {

struct Entry {
  Isa isa;
  std::string_view name;
};
// Best first within each architecture.
constexpr Entry all_isas[] = {{Isa::amx_int8, "amx_int8"}, {Isa::avx512_vnni, "avx512_vnni"},
                              {Isa::avx512, "avx512"},     {Isa::avx_vnni, "avx_vnni"},
                              {Isa::avx2, "avx2"},         {Isa::neon_dot, "neon_dot"},
                              {Isa::portable, "portable"}};

#if defined(OCTET_AMX)
// Linux gives a process and all its threads the tile registers when it asks for them.
bool amx_granted() {
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE
  static const bool granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return granted;
}
#endif

bool machine_runs(Isa isa) {
#if defined(__x86_64__)
  static const CpuFeatures cpu = cpu_features();
#endif
  switch (isa) {
    case Isa::portable:
      return true;
#if defined(__x86_64__)
    case Isa::avx2:
      return cpu.avx2 && cpu.fma;
    case Isa::avx_vnni:
      return machine_runs(Isa::avx2) && cpu.avx_vnni;
    case Isa::avx512:
      return machine_runs(Isa::avx2) && cpu.avx512;
    case Isa::avx512_vnni:
      return machine_runs(Isa::avx512) && cpu.avx512_vnni;
    case Isa::amx_int8:
#if defined(OCTET_AMX)
      return machine_runs(Isa::avx512_vnni) && cpu.amx_int8 && amx_granted();
#else
      return false;
#endif
#elif defined(OCTET_NEON_DOT)
    case Isa::neon_dot:
#if defined(__linux__)
      return (getauxval(AT_HWCAP) & (1UL << 20)) != 0;  // HWCAP_ASIMDDP
#elif defined(__ARM_FEATURE_DOTPROD)
      return true;
#else
      return false;
#endif
#endif
    default:
      return false;
  }
}

/// Those of this architecture, whether this machine has them or not.
bool of_this_architecture(Isa isa) {
#if defined(__x86_64__)
  return isa < Isa::neon_dot;
#elif defined(__aarch64__)
  return isa == Isa::portable || isa == Isa::neon_dot;
#else
  return isa == Isa::portable;
#endif
}

std::vector<Isa> known_isas() {
  std::vector<Isa> isas;
  for (const Entry& e : all_isas) {
    if (of_this_architecture(e.isa)) isas.push_back(e.isa);
  }
  return isas;
}

std::string names(const std::vector<Isa>& isas) {
  std::string s;
  for (Isa isa : isas) {
    if (!s.empty()) s += ", ";
    s += isa_name(isa);
  }
  return s;
}

}  // namespace

std::string_view isa_name(Isa isa) noexcept {
  for (const Entry& e : all_isas) {
    if (e.isa == isa) return e.name;
  }
  return "?";
}

std::optional<Isa> parse_isa(std::string_view name) noexcept {
  for (const Entry& e : all_isas) {
    if (e.name == name) return e.isa;
  }
  return std::nullopt;
}

std::vector<Isa> available_isas() {
  std::vector<Isa> isas;
  for (const Entry& e : all_isas) {
    if (machine_runs(e.isa)) isas.push_back(e.isa);
  }
  return isas;
}

Isa best_isa() {
  const std::vector<Isa> available = available_isas();
  const char* cap = std::getenv("OCTET_MAX_ISA");
  if (!cap || !*cap) return available.front();
  const std::optional<Isa> isa = parse_isa(cap);
  OCTET_CHECK(isa && of_this_architecture(*isa), "OCTET_MAX_ISA: expected one of ",
              names(known_isas()), ", got \"", one_line(cap), "\"");
  return *std::find_if(available.begin(), available.end(), [&](Isa a) { return a <= *isa; });
}

}  // namespace octet

#include "base/simd/simd.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace octet {
namespace {

Simd cpu_level() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return Simd::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Simd::avx2;
#endif
  return Simd::portable;
}

Simd cap() {
  const char* name = std::getenv("OCTET_MAX_ISA");
  if (!name) return Simd::avx512;
  const std::string_view isa = name;
  if (isa == "portable") return Simd::portable;
  if (isa == "avx2" || isa == "avx_vnni") return Simd::avx2;
  OCTET_CHECK(
      isa == "avx512_vnni" || isa == "amx_int8" || isa == "neon_dot",
      "OCTET_MAX_ISA: expected portable, avx2, avx_vnni, avx512_vnni, amx_int8 or neon_dot, "
      "got ",
      isa);
  return Simd::avx512;
}

}  // namespace

Simd simd_level() {
  static const Simd level = std::min(cpu_level(), cap());
  return level;
}

}  // namespace octet

// What the CPU can do, whatever its vendor: compilers' __builtin_cpu_supports knows of some vendors
// only.
#pragma once

namespace octet {

/// x86-64; all false elsewhere. Vectors count where the system saves their registers (XCR0), too.
struct CpuFeatures {
  bool sse4_2 = false, avx = false, fma = false, fma4 = false, avx2 = false, avx_vnni = false;
  bool avx512 = false;  ///< F, CD, DQ, BW and VL
  bool avx512_vnni = false, avx512_vbmi = false;
  bool amx_int8 = false;  ///< with tiles; whether the system grants them is not asked
  bool amd_3dnow = false;
};

/// Of this machine.
CpuFeatures cpu_features() noexcept;

}  // namespace octet

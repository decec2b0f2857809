#include "base/simd/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace octet {

#if defined(__x86_64__)
namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// Zeros for a leaf that the CPU does not have.
Registers cpuid(unsigned leaf, unsigned subleaf = 0) noexcept {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool bit(unsigned value, int n) noexcept {
  return ((value >> n) & 1) != 0;
}

/// The lower half of XCR0: which registers the system saves.
unsigned saved_registers() noexcept {
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

// Intel's manual, volume 2, CPUID; AMD's, volume 3, appendix E.
CpuFeatures cpu_features() noexcept {
  const Registers basic = cpuid(1), seven = cpuid(7), seven_one = cpuid(7, 1);
  const Registers extended = cpuid(0x80000001);
  const unsigned saved = bit(basic.ecx, 27) ? saved_registers() : 0;
  const bool ymm = (saved & 0x06) == 0x06, zmm = (saved & 0xe6) == 0xe6;
  CpuFeatures f;
  f.sse4_2 = bit(basic.ecx, 20);
  f.amd_3dnow = bit(extended.edx, 31);
  f.avx = ymm && bit(basic.ecx, 28);
  f.fma = f.avx && bit(basic.ecx, 12);
  f.fma4 = f.avx && bit(extended.ecx, 16);
  f.avx2 = f.avx && bit(seven.ebx, 5);
  f.avx_vnni = f.avx2 && bit(seven_one.eax, 4);
  f.avx512 = zmm && f.avx2 && bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 28) &&
             bit(seven.ebx, 30) && bit(seven.ebx, 31);
  f.avx512_vnni = f.avx512 && bit(seven.ecx, 11);
  f.avx512_vbmi = f.avx512 && bit(seven.ecx, 1);
  f.amx_int8 = f.avx512 && bit(seven.edx, 24) && bit(seven.edx, 25);
  return f;
}
#else
CpuFeatures cpu_features() noexcept {
  return {};
}
#endif

}  // namespace octet

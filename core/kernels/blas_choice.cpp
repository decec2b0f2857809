#include "core/kernels/blas_choice.h"

#include <algorithm>
#include <iterator>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace octet {
namespace {

enum class Extra { none, sse4_2, fma4, amd_3dnow };

struct Core {
  std::string_view name;
  BlasVectors vectors = BlasVectors::sse;
  Extra extra = Extra::none;
};

constexpr Core cores[] = {
    {"Prescott"},  // taken for any CPU that is unknown
    {"Core2"},
    {"Penryn"},
    {"Dunnington"},
    {"Atom"},
    {"Nano"},
    {"Barcelona"},
    {"Bobcat"},
    {"Nehalem", BlasVectors::sse, Extra::sse4_2},
    {"Opteron", BlasVectors::sse, Extra::amd_3dnow},
    {"Opteron_SSE3", BlasVectors::sse, Extra::amd_3dnow},
    {"Sandybridge", BlasVectors::avx},
    {"Bulldozer", BlasVectors::avx, Extra::fma4},
    {"Piledriver", BlasVectors::avx, Extra::fma4},
    {"Steamroller", BlasVectors::avx, Extra::fma4},
    {"Excavator", BlasVectors::avx2, Extra::fma4},
    {"Haswell", BlasVectors::avx2},
    {"Zen", BlasVectors::avx2},
    {"SkylakeX", BlasVectors::avx512},
};

const Core* find(std::string_view name) {
  const auto* at = std::find_if(std::begin(cores), std::end(cores),
                                [&](const Core& core) { return core.name == name; });
  return at == std::end(cores) ? nullptr : at;
}

bool has(const BlasCpu& cpu, Extra extra) {
  switch (extra) {
    case Extra::sse4_2:
      return cpu.sse4_2;
    case Extra::fma4:
      return cpu.fma4;
    case Extra::amd_3dnow:
      return cpu.amd_3dnow;
    case Extra::none:
      break;
  }
  return true;
}

std::string_view core_for(BlasVectors vectors) {
  switch (vectors) {
    case BlasVectors::avx512:
      return "SkylakeX";
    case BlasVectors::avx2:
      return "Haswell";
    case BlasVectors::avx:
      return "Sandybridge";
    case BlasVectors::sse:
      break;
  }
  return "Prescott";
}

}  // namespace

BlasCpu blas_cpu() {
  BlasCpu cpu;
#if defined(__x86_64__)
  cpu.sse4_2 = __builtin_cpu_supports("sse4.2");
  cpu.fma4 = __builtin_cpu_supports("fma4");
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  cpu.amd_3dnow = __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) != 0 && (edx >> 31) != 0;
  if (!__builtin_cpu_supports("avx")) return cpu;
  cpu.vectors = BlasVectors::avx;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return cpu;
  cpu.vectors = BlasVectors::avx2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    cpu.vectors = BlasVectors::avx512;
  }
#endif
  return cpu;
}

bool blas_core_runs(std::string_view core, const BlasCpu& cpu) {
  const Core* known = find(core);
  return !known || (known->vectors <= cpu.vectors && has(cpu, known->extra));
}

std::string_view better_blas_core(std::string_view automatic, const BlasCpu& cpu) {
  const Core* known = find(automatic);
  if (!known || (known->vectors == cpu.vectors && has(cpu, known->extra))) return "";
  return core_for(cpu.vectors);
}

}  // namespace octet

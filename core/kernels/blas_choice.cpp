#include "core/kernels/blas_choice.h"

#include <algorithm>
#include <iterator>

#include "base/simd/cpu.h"

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
  const CpuFeatures has = cpu_features();
  BlasCpu cpu;
  cpu.sse4_2 = has.sse4_2;
  cpu.fma4 = has.fma4;
  cpu.amd_3dnow = has.amd_3dnow;
  if (has.avx) cpu.vectors = BlasVectors::avx;
  if (has.avx2 && has.fma) cpu.vectors = BlasVectors::avx2;
  if (has.avx512 && has.fma) cpu.vectors = BlasVectors::avx512;
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

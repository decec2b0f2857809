// Which of OpenBLAS's kernels suit a CPU.
#pragma once

#include <string_view>

namespace octet {

enum class BlasVectors { sse, avx, avx2, avx512 };

/// What OpenBLAS's kernels ask of an x86 CPU.
struct BlasCpu {
  BlasVectors vectors = BlasVectors::sse;  ///< avx2: with FMA; avx512: F, CD, DQ, BW, VL
  bool sse4_2 = false, fma4 = false, amd_3dnow = false;
};

/// This one.
BlasCpu blas_cpu();

/// Whether a CPU has the instructions of the kernels named; true for names that are not known here.
bool blas_core_runs(std::string_view core, const BlasCpu& cpu);

/// The kernels to use in place of OpenBLAS's own choice `automatic`, which goes by vendor and model
/// number, if the CPU cannot run those or has wider vectors; else empty. Names that are not known
/// here, such as those of other architectures, are left alone.
std::string_view better_blas_core(std::string_view automatic, const BlasCpu& cpu);

}  // namespace octet

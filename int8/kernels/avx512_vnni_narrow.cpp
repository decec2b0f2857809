// The 256-bit kernels in AVX-512's encoding, for the last 8 channels or fewer: such vectors can be
// loaded and multiplied twice as often.
#include "int8/kernels/conv_args.h"

#if defined(__x86_64__)
#define OCTET_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#include "int8/kernels/macros.inc"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

#include "int8/kernels/avx2_primitives.inc"

OCTET_INLINE Vec dot(Vec acc, Vec x, Vec w) {
  return _mm256_dpbusd_epi32(acc, x, w);
}

#include "int8/kernels/vnni256.inc"

// What is never used does not become code.
constexpr ConvKernels one_vector() {
  ConvKernels kernels = vnni256_kernels;
  kernels.block[2] = nullptr;
  kernels.wide_vectors = 1;
  kernels.depthwise = {};
  return kernels;
}

}  // namespace

constinit const ConvKernels avx512_vnni_narrow_kernels = one_vector();

}  // namespace octet::int8
#endif

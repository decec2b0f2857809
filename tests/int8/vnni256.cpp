// All of AVX-VNNI's kernels in AVX-512's encoding, for machines that have only that.
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

}  // namespace

extern const ConvKernels avx_vnni_kernels_as_avx512;
const ConvKernels avx_vnni_kernels_as_avx512 = vnni256_kernels;

}  // namespace octet::int8
#endif

// AVX-VNNI: 8 channels a vector, 4 bytes a unit; the scheme of avx512_vnni.cpp on 256 bits.
#include "int8/kernels/conv_args.h"

#if defined(__x86_64__)
#define OCTET_TARGET __attribute__((target("avx2,avxvnni")))
#include "int8/kernels/macros.inc"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

#include "int8/kernels/avx2_primitives.inc"

OCTET_INLINE Vec dot(Vec acc, Vec x, Vec w) {
  return _mm256_dpbusd_avx_epi32(acc, x, w);
}

#include "int8/kernels/vnni256.inc"

}  // namespace

const ConvKernels avx_vnni_kernels = vnni256_kernels;
const DepthwiseRows avx_vnni_accumulators = depthwise_accumulators;

}  // namespace octet::int8
#endif

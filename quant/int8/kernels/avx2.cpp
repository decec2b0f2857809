// AVX2: 8 channels a vector, 2 int16 a unit. Codes are widened and their zero point taken off when
// they are converted, so that vpmaddwd is exact (vpmaddubsw would saturate) and no correction is
// needed.
#include "quant/int8/kernels/conv_args.h"

#if defined(__x86_64__)
#define OCTET_TARGET __attribute__((target("avx2")))
#include "quant/int8/kernels/macros.inc"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

#include "quant/int8/kernels/avx2_primitives.inc"

OCTET_INLINE Vec dot(Vec acc, Vec x, Vec w) {
  return _mm256_add_epi32(acc, _mm256_madd_epi16(x, w));
}

OCTET_TARGET void convert(std::uint8_t* to, const std::int8_t* from, std::int64_t n,
                          std::int32_t zero_point) {
  const __m256i z = _mm256_set1_epi16(static_cast<short>(zero_point));
  for (; n >= 16; n -= 16, to += 32, from += 16) {
    const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    store(to, _mm256_sub_epi16(_mm256_cvtepi8_epi16(codes), z));
  }
  for (; n > 0; --n, to += 2, ++from) {
    const auto v = static_cast<std::int16_t>(*from - zero_point);
    __builtin_memcpy(to, &v, 2);
  }
}

OCTET_TARGET void fill(std::uint8_t* to, std::int64_t n, std::int32_t) {
  __builtin_memset(to, 0, 2 * static_cast<std::size_t>(n));
}

#include "quant/int8/kernels/tile.inc"

}  // namespace

const ConvKernels avx2_kernels = {
    .lanes = lanes,
    .unit = 2,
    .element_bytes = 2,
    .wide_vectors = 2,
    .tile_pixels = 6,
    .offset = 0,
    .zero_point_free = true,
    .convert = convert,
    .fill = fill,
    .block = {nullptr, block<1, 8, 4, 2, 1>, block<2, 6, 4, 2, 1>, nullptr, nullptr},
};

}  // namespace octet::int8
#endif

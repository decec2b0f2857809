// AVX2: 8 channels a vector, 2 int16 a unit. Codes are widened and their zero point taken off when
// they are converted, so that vpmaddwd is exact (vpmaddubsw would saturate) and no correction is
// needed.
#include "int8/kernels/conv_args.h"

#if defined(__x86_64__)
#define OCTET_TARGET __attribute__((target("avx2")))
#include "int8/kernels/macros.inc"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

#include "int8/kernels/avx2_primitives.inc"

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

// Depthwise. A block is 32 channels of int16, two vectors; unpacking leaves element
// 16 (q / 2) + 8 L + 4 (q % 2) + r in lane 4 L + r of vector q.
int position(int q, int lane) {
  return q / 2 * 16 + lane / 4 * 8 + q % 2 * 4 + lane % 4;
}

OCTET_TARGET void gather(std::uint8_t* to, const std::int8_t* from, std::int64_t stride, int n,
                         int channels, int width, std::int32_t zero_point) {
  for (; n > 0; --n, from += stride, to += 2 * width) convert(to, from, channels, zero_point);
}

constexpr int unit = 2;
struct Block {
  Vec lower, upper;
};
constexpr int block_bytes = 64;
OCTET_INLINE Block load_block(const std::uint8_t* p) {
  return {load(p), load(p + 32)};
}
OCTET_INLINE Block convert_block(const std::int8_t* p, std::int32_t zero_point) {
  const __m256i z = _mm256_set1_epi16(static_cast<short>(zero_point));
  const __m128i lower = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i upper = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16));
  return {_mm256_sub_epi16(_mm256_cvtepi8_epi16(lower), z),
          _mm256_sub_epi16(_mm256_cvtepi8_epi16(upper), z)};
}
OCTET_INLINE void store_interleaved(std::uint8_t* to, const Block (&x)[2]) {
  store(to, _mm256_unpacklo_epi16(x[0].lower, x[1].lower));
  store(to + 32, _mm256_unpackhi_epi16(x[0].lower, x[1].lower));
  store(to + 64, _mm256_unpacklo_epi16(x[0].upper, x[1].upper));
  store(to + 96, _mm256_unpackhi_epi16(x[0].upper, x[1].upper));
}

OCTET_INLINE Codes narrow_block(const Narrowing& n, Vec v0, Vec v1, Vec v2, Vec v3) {
  return _mm256_permute4x64_epi64(narrow_in_lanes(n, v0, v1, v2, v3), 0xD8);
}

OCTET_INLINE void block_order(Vec (&v)[4]) {
  OCTET_UNROLL
  for (int q = 0; q < 4; q += 2) {
    const Vec lower = first_halves(v[q], v[q + 1]);
    v[q + 1] = second_halves(v[q], v[q + 1]);
    v[q] = lower;
  }
}

#include "int8/kernels/channels.inc"
#include "int8/kernels/depthwise.inc"
#include "int8/kernels/tile.inc"

}  // namespace

const ConvKernels avx2_kernels = {
    .lanes = lanes,
    .unit = unit,
    .element_bytes = 2,
    .wide_vectors = 2,
    .tile_pixels = 6,
    .offset = 0,
    .zero_point_free = true,
    .convert = convert,
    .fill = fill,
    .channels = channels,
    .float_codes = float_codes,
    .block = {nullptr, block<1, 8, 4, 1>, block<2, 6, 4, 1>, nullptr, nullptr},
    .narrow = nullptr,
    .depthwise = depthwise_kernels,
};
const DepthwiseRows avx2_accumulators = depthwise_accumulators;

}  // namespace octet::int8
#endif

// AVX-512 VNNI: 16 channels a vector, 4 bytes a unit. vpdpbusd multiplies unsigned by signed bytes,
// so codes are stored with 128 added (an exclusive or) and `start` takes 128 * sum(w) off again.
#include "int8/kernels/amx_int8.h"
#include "int8/kernels/conv_args.h"

#if defined(__x86_64__)
#define OCTET_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#include "int8/kernels/macros.inc"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

#include "int8/kernels/avx512_primitives.inc"

OCTET_TARGET void convert(std::uint8_t* to, const std::int8_t* from, std::int64_t n, std::int32_t) {
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(0x80));
  for (; n >= 64; n -= 64, to += 64, from += 64) store(to, _mm512_xor_si512(load(from), offset));
  if (n > 0) {
    const __mmask64 mask = (std::uint64_t{1} << n) - 1;
    _mm512_mask_storeu_epi8(to, mask,
                            _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, from), offset));
  }
}

OCTET_TARGET void fill(std::uint8_t* to, std::int64_t n, std::int32_t zero_point) {
  __builtin_memset(to, zero_point + 128, static_cast<std::size_t>(n));
}

// Depthwise. `interleave` unpacks within 128-bit lanes: lane 4 L + r of vector q holds element
// 16 L + 4 q + r of the block, which is the order that packing undoes.
OCTET_INLINE void keep(Vec& v) {
  asm("" : "+v"(v));
}
constexpr int depthwise_unroll = 2;
int position(int q, int lane) {
  return lane / 4 * 16 + 4 * q + lane % 4;
}

OCTET_TARGET void gather(std::uint8_t* to, const std::int8_t* from, std::int64_t stride, int n,
                         int channels, int width, std::int32_t) {
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(0x80));
  const __mmask64 mask = ~std::uint64_t{0} >> (64 - channels);
  for (; n > 0; --n, from += stride, to += width) {
    const __m512i codes = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, from), offset);
    if (width == 64) {
      store(to, codes);
    } else if (width == 32) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), half(codes, 0));
    } else if (width == 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), quarter(codes, 0));
    } else {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to), quarter(codes, 0));
    }
  }
}

constexpr int unit = 4;
using Block = Vec;
constexpr int block_bytes = 64;
OCTET_INLINE Block load_block(const std::uint8_t* p) {
  return load(p);
}
OCTET_INLINE Block convert_block(const std::int8_t* p, std::int32_t) {
  return _mm512_xor_si512(load(p), _mm512_set1_epi8(static_cast<char>(0x80)));
}
OCTET_INLINE void store_interleaved(std::uint8_t* to, const Block (&x)[4]) {
  const Vec lo01 = _mm512_unpacklo_epi8(x[0], x[1]), hi01 = _mm512_unpackhi_epi8(x[0], x[1]);
  const Vec lo23 = _mm512_unpacklo_epi8(x[2], x[3]), hi23 = _mm512_unpackhi_epi8(x[2], x[3]);
  store(to, _mm512_unpacklo_epi16(lo01, lo23));
  store(to + 64, _mm512_unpackhi_epi16(lo01, lo23));
  store(to + 128, _mm512_unpacklo_epi16(hi01, hi23));
  store(to + 192, _mm512_unpackhi_epi16(hi01, hi23));
}

OCTET_INLINE Codes narrow_block(const Narrowing& n, Vec v0, Vec v1, Vec v2, Vec v3) {
  return narrow_in_lanes(n, v0, v1, v2, v3);
}

// Quarter p of vector q becomes quarter q of vector p.
OCTET_INLINE void block_order(Vec (&v)[4]) {
  constexpr int lower = 0x44, upper = 0xee, even = 0x88, odd = 0xdd;  // quarters of both operands
  const Vec lower01 = _mm512_shuffle_i32x4(v[0], v[1], lower);
  const Vec upper01 = _mm512_shuffle_i32x4(v[0], v[1], upper);
  const Vec lower23 = _mm512_shuffle_i32x4(v[2], v[3], lower);
  const Vec upper23 = _mm512_shuffle_i32x4(v[2], v[3], upper);
  v[0] = _mm512_shuffle_i32x4(lower01, lower23, even);
  v[1] = _mm512_shuffle_i32x4(lower01, lower23, odd);
  v[2] = _mm512_shuffle_i32x4(upper01, upper23, even);
  v[3] = _mm512_shuffle_i32x4(upper01, upper23, odd);
}

#include "int8/kernels/channels.inc"
#include "int8/kernels/depthwise.inc"
#include "int8/kernels/tile.inc"

constexpr ConvKernels vnni_kernels = {
    .lanes = lanes,
    .unit = unit,
    .element_bytes = 1,
    .wide_vectors = 2,
    .tile_pixels = 7,
    .offset = 128,
    .zero_point_free = false,
    .convert = convert,
    .fill = fill,
    .channels = channels,
    .float_codes = float_codes,
    .block = {nullptr, block<1, 8, 4, 1>, block<2, 7, 4, 1>, nullptr, nullptr},
    .narrow = &avx512_vnni_narrow_kernels,
    .depthwise = depthwise_kernels,
};

#if defined(OCTET_AMX)
constexpr ConvKernels amx_kernels() {
  ConvKernels kernels = vnni_kernels;
  kernels.tile_pixels = amx_tile_pixels;
  kernels.segment_units = amx_segment_units;
  kernels.row_pixels = amx_tile_pixels;
  kernels.enter = amx_enter;
  kernels.leave = amx_leave;
  kernels.block[1] = amx_block_1;
  kernels.block[2] = amx_block_2;
  return kernels;
}
#endif

}  // namespace

constinit const ConvKernels avx512_vnni_kernels = vnni_kernels;
constinit const DepthwiseRows avx512_vnni_accumulators = depthwise_accumulators;
#if defined(OCTET_AMX)
constinit const ConvKernels amx_int8_kernels = amx_kernels();
#endif

}  // namespace octet::int8
#endif

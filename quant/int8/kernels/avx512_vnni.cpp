// AVX-512 VNNI: 16 channels a vector, 4 bytes a unit. vpdpbusd multiplies unsigned by signed bytes,
// so codes are stored with 128 added (an exclusive or) and `start` takes 128 * sum(w) off again.
#include "quant/int8/kernels/conv_args.h"

#if defined(__x86_64__)
#define OCTET_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#include "quant/int8/kernels/macros.inc"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

using Vec = __m512i;
using Codes = __m512i;
constexpr int lanes = 16;
constexpr int vector_bytes = 64;

OCTET_INLINE Vec zero() {
  return _mm512_setzero_si512();
}
OCTET_INLINE Vec load(const void* p) {
  return _mm512_loadu_si512(p);
}
OCTET_INLINE void store(void* p, Vec v) {
  _mm512_storeu_si512(p, v);
}
OCTET_INLINE void store_partial(std::int32_t* p, Vec v, int n) {
  _mm512_mask_storeu_epi32(p, static_cast<__mmask16>((1U << n) - 1), v);
}
OCTET_INLINE Vec broadcast(const std::uint8_t* p) {
  std::int32_t bits;
  __builtin_memcpy(&bits, p, 4);
  return _mm512_set1_epi32(bits);
}
OCTET_INLINE Vec dot(Vec acc, Vec x, Vec w) {
  return _mm512_dpbusd_epi32(acc, x, w);
}
OCTET_INLINE Vec add(Vec a, Vec b) {
  return _mm512_add_epi32(a, b);
}
OCTET_INLINE Vec shift_left(Vec v, Vec by) {
  return _mm512_sllv_epi32(v, by);
}

// The upper halves of even and odd 64-bit products, back in lane order.
OCTET_INLINE Vec upper_halves(Vec even, Vec odd) {
  return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}

// To codes: 16 bits saturating, (v + 1) >> 1 if halve, + zero point, 8 bits saturating, clamp.
struct Narrowing {
  __m512i addend, lo, hi, order;
  bool halve;
  OCTET_INLINE Narrowing(bool halving, const BlockOutput& out)
      : addend(_mm512_set1_epi16(static_cast<short>(out.zero_point))),
        lo(_mm512_set1_epi8(static_cast<char>(out.lo))),
        hi(_mm512_set1_epi8(static_cast<char>(out.hi))),
        order(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
        halve(halving) {}
};

struct SingleRounding {
  Vec even, odd, right;
  OCTET_INLINE SingleRounding(const std::int32_t* m, const std::int32_t* r)
      : even(load(m)), odd(_mm512_srli_epi64(load(m), 32)), right(load(r)) {}
  OCTET_INLINE Vec apply(Vec x) const {
    const Vec e = _mm512_mul_epi32(x, even);
    const Vec o = _mm512_mul_epi32(_mm512_srli_epi64(x, 32), odd);
    return _mm512_srav_epi32(upper_halves(e, o), right);
  }
  OCTET_INLINE static Narrowing narrowing(const BlockOutput& out) { return Narrowing(true, out); }
};

// srdhm(x, m) is the upper half of 2 x m + 2^31; the divide by 2^right rounds ties away from zero
// by adding 2^(right - 1), less one for negative x (x < 0 with srdhm = 0 rounds to 0 either way).
struct DoubleRounding {
  Vec even, odd, right, nudge, divides;
  OCTET_INLINE DoubleRounding(const std::int32_t* m, const std::int32_t* r)
      : even(load(m)),
        odd(_mm512_srli_epi64(load(m), 32)),
        right(load(r)),
        nudge(
            _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_sub_epi32(right, _mm512_set1_epi32(1)))),
        divides(_mm512_srai_epi32(_mm512_sub_epi32(zero(), right), 31)) {}
  OCTET_INLINE Vec apply(Vec x) const {
    const Vec half = _mm512_set1_epi64(std::int64_t{1} << 31);
    const Vec negative = _mm512_and_si512(_mm512_srai_epi32(x, 31), divides);
    const Vec twice = _mm512_add_epi32(x, x);
    const Vec e = _mm512_add_epi64(_mm512_mul_epi32(twice, even), half);
    const Vec o = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(twice, 32), odd), half);
    const Vec s = upper_halves(e, o);
    return _mm512_srav_epi32(add(add(s, nudge), negative), right);
  }
  OCTET_INLINE static Narrowing narrowing(const BlockOutput& out) { return Narrowing(false, out); }
};

// Codes of v0, v1, v2, v3, four of each in turn within every 128-bit lane.
OCTET_INLINE Codes narrow_in_lanes(const Narrowing& n, Vec v0, Vec v1, Vec v2, Vec v3) {
  __m512i a = _mm512_packs_epi32(v0, v1), b = _mm512_packs_epi32(v2, v3);
  if (n.halve) {
    // (v * 2^14 + 2^14) >> 15; a multiplication because shifts and shuffles are the bottleneck.
    const __m512i half = _mm512_set1_epi16(1 << 14);
    a = _mm512_mulhrs_epi16(a, half);
    b = _mm512_mulhrs_epi16(b, half);
  }
  a = _mm512_adds_epi16(a, n.addend);
  b = _mm512_adds_epi16(b, n.addend);
  return _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(a, b), n.lo), n.hi);
}
// One vector's codes after the other's.
OCTET_INLINE Codes narrow(const Narrowing& n, Vec v0, Vec v1, Vec v2, Vec v3) {
  return _mm512_permutexvar_epi32(n.order, narrow_in_lanes(n, v0, v1, v2, v3));
}

OCTET_INLINE __m128i quarter(Codes c, int part) {
  switch (part) {
    case 0:
      return _mm512_castsi512_si128(c);
    case 1:
      return _mm512_extracti32x4_epi32(c, 1);
    case 2:
      return _mm512_extracti32x4_epi32(c, 2);
    default:
      return _mm512_extracti32x4_epi32(c, 3);
  }
}
OCTET_INLINE __m256i half(Codes c, int part) {
  return part == 0 ? _mm512_castsi512_si256(c) : _mm512_extracti64x4_epi64(c, 1);
}

template <int NV>
OCTET_INLINE void store_part(std::int8_t* to, Codes c, int part) {
  if constexpr (NV == 1) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), quarter(c, part));
  } else {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), half(c, part));
  }
}
template <int NV>
OCTET_INLINE void store_part_partial(std::int8_t* to, Codes c, int part, int channels) {
  if constexpr (NV == 1) {
    _mm_mask_storeu_epi8(to, static_cast<__mmask16>((1U << channels) - 1), quarter(c, part));
  } else {
    _mm256_mask_storeu_epi8(to, (1U << channels) - 1, half(c, part));
  }
}

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

OCTET_INLINE void store_block_order(std::int32_t* to, const Vec (&v)[4]) {
  OCTET_UNROLL
  for (int q = 0; q < 4; ++q) {
    OCTET_UNROLL
    for (int part = 0; part < 4; ++part) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16 * part + 4 * q), quarter(v[q], part));
    }
  }
}

#include "quant/int8/kernels/channels.inc"
#include "quant/int8/kernels/depthwise.inc"
#include "quant/int8/kernels/tile.inc"

}  // namespace

const ConvKernels avx512_vnni_kernels = {
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
    .block = {nullptr, block<1, 8, 4, 2, 1>, block<2, 7, 4, 2, 1>, nullptr, nullptr},
    .narrow = &avx512_vnni_narrow_kernels,
    .depthwise = {.gather = gather,
                  .interleave = interleave,
                  .interleave_image = interleave_image,
                  .position = position,
                  .row_3x3 = depthwise_row<3, 1>,
                  .row_5x5 = depthwise_row<5, 2>,
                  .row_any = depthwise_row<0, 0>},
};

}  // namespace octet::int8
#endif

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

// To codes: 16 bits saturating, + add, >> shift, 8 bits saturating, clamp.
struct Narrowing {
  __m512i addend, lo, hi, order;
  bool halve;
  OCTET_INLINE Narrowing(std::int32_t add16, bool halve16, const BlockOutput& out)
      : addend(_mm512_set1_epi16(static_cast<short>(add16))),
        lo(_mm512_set1_epi8(static_cast<char>(out.lo))),
        hi(_mm512_set1_epi8(static_cast<char>(out.hi))),
        order(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
        halve(halve16) {}
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
  static OCTET_INLINE Narrowing narrowing(const BlockOutput& out) {
    return Narrowing(1 + 2 * out.zero_point, true, out);
  }
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
  static OCTET_INLINE Narrowing narrowing(const BlockOutput& out) {
    return Narrowing(out.zero_point, false, out);
  }
};

// Codes of v0, v1, v2, v3, one after the other.
OCTET_INLINE Codes narrow(const Narrowing& n, Vec v0, Vec v1, Vec v2, Vec v3) {
  __m512i a = _mm512_adds_epi16(_mm512_packs_epi32(v0, v1), n.addend);
  __m512i b = _mm512_adds_epi16(_mm512_packs_epi32(v2, v3), n.addend);
  if (n.halve) {
    a = _mm512_srai_epi16(a, 1);
    b = _mm512_srai_epi16(b, 1);
  }
  const __m512i c = _mm512_permutexvar_epi32(n.order, _mm512_packs_epi16(a, b));
  return _mm512_min_epi8(_mm512_max_epi8(c, n.lo), n.hi);
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

#include "quant/int8/kernels/tile.inc"

}  // namespace

const ConvKernels avx512_vnni_kernels = {
    .lanes = lanes,
    .unit = 4,
    .element_bytes = 1,
    .wide_vectors = 2,
    .tile_pixels = 14,
    .offset = 128,
    .zero_point_free = false,
    .convert = convert,
    .fill = fill,
    .block = {nullptr, block<1, 16, 8, 4, 2, 1>, block<2, 14, 8, 4, 2, 1>, nullptr, nullptr},
};

}  // namespace octet::int8
#endif

#include "quant/qops/add_kernel.h"

#include <algorithm>
#include <limits>

#include "core/simd.h"
#include "quant/qops/rounding_avx512.h"

namespace octet::quant {

namespace {

void add_portable(const AddSpan& s) noexcept {
  std::int32_t lo = std::numeric_limits<std::int32_t>::max();
  std::int32_t hi = std::numeric_limits<std::int32_t>::min();
  for (std::int64_t i = 0; i < s.n; i += 8) {
    unsigned byte = 0;
    for (std::int64_t k = i; k < std::min(s.n, i + 8); ++k) {
      const std::int32_t p = int8::add_preclamp(s.params, s.a[k], s.b[k]);
      lo = std::min(lo, p);
      hi = std::max(hi, p);
      byte |= static_cast<unsigned>(p >= s.mask_lo && p <= s.params.range.hi) << (k - i);
      s.codes[k] = s.params.range.clamp(p);
    }
    s.mask[i / 8] = static_cast<std::uint8_t>(byte);
  }
  *s.min = lo;
  *s.max = hi;
}

#if defined(__x86_64__)
template <class Rounding>
OCTET_INLINE OCTET_TARGET_AVX512 void add_lanes(const AddSpan& s) {
  const int8::AddParams& k = s.params;
  const auto by = [](int8::Multiplier m) OCTET_TARGET_AVX512 {
    return Rounding(_mm512_set1_epi32(m.m), _mm512_set1_epi32(m.shift));
  };
  const Rounding by1 = by(k.m1), by2 = by(k.m2), by_out = by(k.mo);
  const __m512i z1 = _mm512_set1_epi32(k.z1), z2 = _mm512_set1_epi32(k.z2);
  const __m512i zero_point = _mm512_set1_epi32(k.zo);
  const __m512i lo = _mm512_set1_epi32(k.range.lo), hi = _mm512_set1_epi32(k.range.hi);
  const __m512i mask_lo = _mm512_set1_epi32(s.mask_lo);
  __m512i min = _mm512_set1_epi32(std::numeric_limits<std::int32_t>::max());
  __m512i max = _mm512_set1_epi32(std::numeric_limits<std::int32_t>::min());
  for (std::int64_t i = 0; i < s.n; i += 16) {
    const std::int64_t left = s.n - i;
    const auto valid = static_cast<__mmask16>(left >= 16 ? 0xffff : (1u << left) - 1);
    const __m512i a = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(valid, s.a + i));
    const __m512i b = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(valid, s.b + i));
    const __m512i x =
        by1.apply(_mm512_slli_epi32(_mm512_sub_epi32(a, z1), int8::AddParams::left_shift));
    const __m512i y =
        by2.apply(_mm512_slli_epi32(_mm512_sub_epi32(b, z2), int8::AddParams::left_shift));
    const __m512i sum = k.subtract ? _mm512_sub_epi32(x, y) : _mm512_add_epi32(x, y);
    const __m512i p = _mm512_add_epi32(by_out.apply(sum), zero_point);
    min = _mm512_mask_min_epi32(min, valid, min, p);
    max = _mm512_mask_max_epi32(max, valid, max, p);
    _mm512_mask_cvtepi32_storeu_epi8(s.codes + i, valid,
                                     _mm512_min_epi32(_mm512_max_epi32(p, lo), hi));
    const auto pass = static_cast<std::uint16_t>(
        _mm512_mask_cmple_epi32_mask(_mm512_mask_cmpge_epi32_mask(valid, p, mask_lo), p, hi));
    __builtin_memcpy(s.mask + i / 8, &pass, left > 8 ? 2 : 1);
  }
  *s.min = _mm512_reduce_min_epi32(min);
  *s.max = _mm512_reduce_max_epi32(max);
}

OCTET_TARGET_AVX512 void add_avx512(const AddSpan& s) noexcept {
  if (s.params.rounding == int8::Rounding::single_rounding) {
    add_lanes<SingleRounding>(s);
  } else {
    add_lanes<DoubleRounding>(s);
  }
}
#endif

}  // namespace

MaskedAddKernel masked_add_kernel(int8::Isa isa) noexcept {
#if defined(__x86_64__)
  if (int8::has_avx512_vnni(isa) && simd_level() == Simd::avx512) return add_avx512;
#endif
  static_cast<void>(isa);
  return add_portable;
}

}  // namespace octet::quant

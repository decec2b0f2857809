#include "quant/kernels/weight_codes.h"

#include <bit>

#include "base/simd/vec_generic.h"

namespace octet::quant {

namespace {

// Half away from zero: |w f / s| is hardly above 127, and a half is exact in float.
template <bool part, int lanes>
OCTET_INLINE void quantize_lanes(Lanes<lanes> of, const ChannelToEncode& c, std::int64_t i,
                                 std::int64_t n) {
  using Floats = typename Lanes<lanes>::Floats;
  using Ints = typename Lanes<lanes>::Ints;
  Floats w;
  load_if<part>(w, c.w + i, n);
  const Floats r = w * c.factor / c.scale;
  const Ints whole = __builtin_convertvector(r, Ints);
  const Floats rest = r - __builtin_convertvector(whole, Floats);
  const Ints code = whole - (rest >= 0.5f) + (rest <= -0.5f);  // comparisons give -1 or 0
  typename Lanes<lanes>::Codes codes;
  narrow(of, code, codes);
  store_if<part>(codes, c.codes + i, n);
}
template <int lanes>
OCTET_INLINE void quantize_all(Lanes<lanes> of, const ChannelToEncode& channel) noexcept {
  const ChannelToEncode c = channel;  // else every store could change it
  std::int64_t i = 0;
  for (; i + lanes <= c.n; i += lanes) quantize_lanes<false>(of, c, i, lanes);
  if (i < c.n) quantize_lanes<true>(of, c, i, c.n - i);
}
OCTET_LANES_FUNCTION(encode_kernel, quantize_all, const ChannelToEncode&)

/// Largest |w| as the bits of a float (which order as integers do, NaN above infinity), and
/// sum |codes|: integers, so the order of the loop does not matter.
struct Reduction {
  const real* w;
  const std::int8_t* codes;
  std::int64_t n;
  std::int32_t* largest_bits;
  std::int64_t* sum;
};
OCTET_INLINE void reduce_largest(const Reduction& a) noexcept {
  const real* __restrict w = a.w;
  std::int32_t largest = 0;
  for (std::int64_t i = 0; i < a.n; ++i) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(static_cast<float>(w[i])) & 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  *a.largest_bits = largest;
}
OCTET_SIMD_FUNCTION(largest_kernel, reduce_largest, const Reduction&)

OCTET_INLINE void reduce_codes(const Reduction& a) noexcept {
  const std::int8_t* __restrict codes = a.codes;
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < a.n; ++i) sum += codes[i] < 0 ? -codes[i] : codes[i];
  *a.sum = sum;
}
OCTET_SIMD_FUNCTION(sum_kernel, reduce_codes, const Reduction&)

}  // namespace

float largest_magnitude(Isa isa, const real* w, std::int64_t n) noexcept {
  std::int32_t bits = 0;
  largest_kernel(isa)({w, nullptr, n, &bits, nullptr});
  return std::bit_cast<float>(bits);
}

void encode_channel(Isa isa, const ChannelToEncode& channel) noexcept {
  encode_kernel(isa)(channel);
}

std::int64_t sum_magnitudes(Isa isa, const std::int8_t* codes, std::int64_t n) noexcept {
  std::int64_t sum = 0;
  sum_kernel(isa)({nullptr, codes, n, nullptr, &sum});
  return sum;
}

}  // namespace octet::quant

#include "quant/kernels/requantize_kernel.h"

#include <algorithm>
#include <cstring>

#include "base/simd/simd.h"
#include "int8/kernels/vec_rounding.h"
#include "int8/reference/float_rounding.h"

#define OCTET_VEC_INC "quant/kernels/requantize.inc"
#include "base/simd/each_vec.inc"

namespace octet::quant {

namespace {

constexpr int block = 16;

// Eight flags (0 or 1), one a byte, as the bits of one byte.
std::uint8_t pack_flags(const std::uint8_t* flags) {
  std::uint64_t eight;
  std::memcpy(&eight, flags, 8);
  return static_cast<std::uint8_t>((eight * 0x0102040810204080u) >> 56);
}

// Elements [0, n) of a block at column `at`; v: sign acc + bias, p: before the clamp.
void finish_block(const RequantizeSpan& s, std::int64_t i, std::int64_t at, int n,
                  const std::int32_t* v, const std::int32_t* p) {
  std::uint8_t flags[block] = {};
  for (int k = 0; k < n; ++k) {
    flags[k] = static_cast<std::uint8_t>((p[k] >= s.mask_lo) & (p[k] <= s.hi));
    s.codes[i + k] = static_cast<std::int8_t>(p[k] < s.lo ? s.lo : (p[k] > s.hi ? s.hi : p[k]));
  }
  if (s.mask) {
    s.mask[i / 8] = pack_flags(flags);
    if (n > 8) s.mask[i / 8 + 1] = pack_flags(flags + 8);
  }
  if (!s.min) return;
  std::int32_t* __restrict min = s.min + at;
  std::int32_t* __restrict max = s.max + at;
  for (int k = 0; k < n; ++k) {
    min[k] = v[k] < min[k] ? v[k] : min[k];
    max[k] = v[k] > max[k] ? v[k] : max[k];
  }
}

template <int8::Rounding rounding>
std::int32_t rescaled(const RequantizeSpan& s, std::int32_t v, std::int64_t column) {
  if constexpr (rounding == int8::Rounding::float_rounding) {
    return int8::scale_in_float(v, s.factor[column]);
  } else {
    return int8::multiply_by_quantized_multiplier(v, {s.multiplier[column], s.shift[column]},
                                                  rounding);
  }
}

template <int8::Rounding rounding>
void blocks(const RequantizeSpan& s) noexcept {
  for (std::int64_t i = 0; i < s.n; i += block) {
    const std::int64_t at = i % s.width;
    const int n = static_cast<int>(std::min<std::int64_t>(block, s.n - i));
    std::int32_t v[block], p[block];
    for (int k = 0; k < n; ++k) {
      v[k] = s.acc[i + k] * (s.sign ? s.sign[at + k] : 1) + s.bias[at + k];
      p[k] = rescaled<rounding>(s, v[k], at + k) + s.zero_point;
    }
    finish_block(s, i, at, n, v, p);
  }
}

constexpr Dispatch<RequantizeKernel> single{
    OCTET_VEC_DISPATCH(blocks<int8::Rounding::single_rounding>, requantize_single)};
constexpr Dispatch<RequantizeKernel> twice{
    OCTET_VEC_DISPATCH(blocks<int8::Rounding::double_rounding>, requantize_double)};
constexpr Dispatch<RequantizeKernel> in_float{
    OCTET_VEC_DISPATCH(blocks<int8::Rounding::float_rounding>, requantize_float)};

}  // namespace

RequantizeKernel requantize_kernel(Isa isa, int8::Rounding rounding) noexcept {
  switch (rounding) {
    case int8::Rounding::single_rounding:
      return single(isa);
    case int8::Rounding::double_rounding:
      return twice(isa);
    case int8::Rounding::float_rounding:
      break;
  }
  return in_float(isa);
}

}  // namespace octet::quant

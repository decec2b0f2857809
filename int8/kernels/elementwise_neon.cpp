// Kernels of the ops without weights for NEON: the primitives of elementwise.inc, and what is
// written for this ISA alone.
#include "int8/kernels/elementwise.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include <algorithm>
#include <cstring>

#define OCTET_TARGET
#define OCTET_PRIMITIVE inline __attribute__((always_inline))
#define OCTET_NAME(op) op##_neon

namespace octet::int8 {
namespace {

/// 16 values of 32 bits, in order.
struct Lanes {
  int32x4_t v[4];
};
template <class F>
OCTET_PRIMITIVE Lanes each(const F& f) {
  return {{f(0), f(1), f(2), f(3)}};
}

/// 16 values of 16 bits.
struct Words {
  int16x8_t low, high;
};
OCTET_PRIMITIVE Words no_words() {
  return {vdupq_n_s16(0), vdupq_n_s16(0)};
}
OCTET_PRIMITIVE Words load_words(const std::int8_t* p) {
  const int8x16_t q = vld1q_s8(p);
  return {vmovl_s8(vget_low_s8(q)), vmovl_high_s8(q)};
}
OCTET_PRIMITIVE Words plus(Words a, Words b) {
  return {vaddq_s16(a.low, b.low), vaddq_s16(a.high, b.high)};
}
OCTET_PRIMITIVE Lanes widened(Words w) {
  return {{vmovl_s16(vget_low_s16(w.low)), vmovl_high_s16(w.low), vmovl_s16(vget_low_s16(w.high)),
           vmovl_high_s16(w.high)}};
}

OCTET_PRIMITIVE Lanes load(const std::int8_t* p) {
  return widened(load_words(p));
}
OCTET_PRIMITIVE void store(std::int8_t* y, Lanes v, ClampRange range) {
  const int16x8_t low = vcombine_s16(vqmovn_s32(v.v[0]), vqmovn_s32(v.v[1]));
  const int16x8_t high = vcombine_s16(vqmovn_s32(v.v[2]), vqmovn_s32(v.v[3]));
  const int8x16_t codes = vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
  const int8x16_t lo = vdupq_n_s8(static_cast<std::int8_t>(range.lo));
  const int8x16_t hi = vdupq_n_s8(static_cast<std::int8_t>(range.hi));
  vst1q_s8(y, vminq_s8(vmaxq_s8(codes, lo), hi));
}
OCTET_PRIMITIVE Lanes load32(const std::int32_t* p) {
  return each([&](int i) { return vld1q_s32(p + 4 * i); });
}
OCTET_PRIMITIVE void store32(std::int32_t* p, Lanes v) {
  for (int i = 0; i < 4; ++i) vst1q_s32(p + 4 * i, v.v[i]);
}
OCTET_PRIMITIVE Lanes splat(std::int32_t v) {
  return each([&](int) { return vdupq_n_s32(v); });
}
OCTET_PRIMITIVE Lanes operator+(Lanes a, Lanes b) {
  return each([&](int i) { return vaddq_s32(a.v[i], b.v[i]); });
}
OCTET_PRIMITIVE Lanes operator-(Lanes a, Lanes b) {
  return each([&](int i) { return vsubq_s32(a.v[i], b.v[i]); });
}
OCTET_PRIMITIVE Lanes operator*(Lanes a, Lanes b) {
  return each([&](int i) { return vmulq_s32(a.v[i], b.v[i]); });
}
OCTET_PRIMITIVE Lanes operator&(Lanes a, Lanes b) {
  return each([&](int i) { return vandq_s32(a.v[i], b.v[i]); });
}
OCTET_PRIMITIVE bool any_negative(Lanes v) {
  const int32x4_t all = vorrq_s32(vorrq_s32(v.v[0], v.v[1]), vorrq_s32(v.v[2], v.v[3]));
  return vminvq_s32(all) < 0;
}
OCTET_PRIMITIVE Lanes shifted_left(Lanes v, int by) {
  return each([&](int i) { return vshlq_s32(v.v[i], vdupq_n_s32(by)); });
}
OCTET_PRIMITIVE Lanes shifted_right(Lanes v, int by) {
  return each([&](int i) { return vshlq_s32(v.v[i], vdupq_n_s32(-by)); });
}
OCTET_PRIMITIVE Lanes where_negative(Lanes test, Lanes negative, Lanes other) {
  return each([&](int i) { return vbslq_s32(vcltzq_s32(test.v[i]), negative.v[i], other.v[i]); });
}

template <Rounding rounding>
OCTET_PRIMITIVE int32x4_t rescale_four(int32x4_t x, Multiplier by) {
  if (rounding == Rounding::single_rounding) {
    // A rounding shift to the right: half is added first, in full precision.
    const int64x2_t shift = vdupq_n_s64(by.shift - 31);
    const int32x4_t m = vdupq_n_s32(by.m);
    const int64x2_t low = vrshlq_s64(vmull_s32(vget_low_s32(x), vget_low_s32(m)), shift);
    const int64x2_t high = vrshlq_s64(vmull_high_s32(x, m), shift);
    return vcombine_s32(vmovn_s64(low), vmovn_s64(high));
  }
  const int left = by.shift > 0 ? by.shift : 0, right = by.shift > 0 ? 0 : -by.shift;
  const int32x4_t rounded = vqrdmulhq_n_s32(vshlq_s32(x, vdupq_n_s32(left)), by.m);
  // Rounding divide by 2^right, ties away from zero.
  const auto mask = static_cast<std::int32_t>((std::int64_t{1} << right) - 1);
  const int32x4_t remainder = vandq_s32(rounded, vdupq_n_s32(mask));
  const int32x4_t threshold = vsubq_s32(vdupq_n_s32(mask >> 1), vshrq_n_s32(rounded, 31));
  const int32x4_t up = vreinterpretq_s32_u32(vcgtq_s32(remainder, threshold));
  return vsubq_s32(vshlq_s32(rounded, vdupq_n_s32(-right)), up);
}

/// multiply_by_quantized_multiplier
template <Rounding rounding>
OCTET_PRIMITIVE Lanes rescale(Lanes x, Multiplier by) {
  return each([&](int i) { return rescale_four<rounding>(x.v[i], by); });
}

/// sum / count, rounded half away from zero, by a 31-bit reciprocal: |sum| + count / 2 over count.
/// Exact for |sum| <= 128 count and count <= largest_quotient_count.
OCTET_PRIMITIVE Lanes quotient(Lanes sum, std::int32_t count) {
  const auto reciprocal = static_cast<std::uint32_t>(((std::int64_t{1} << 31) + count - 1) / count);
  const Lanes magnitude = each([&](int i) {
    const uint32x4_t n =
        vreinterpretq_u32_s32(vaddq_s32(vabsq_s32(sum.v[i]), vdupq_n_s32(count / 2)));
    const uint64x2_t low = vmull_n_u32(vget_low_u32(n), reciprocal);
    const uint64x2_t high = vmull_high_n_u32(n, reciprocal);
    return vreinterpretq_s32_u32(vcombine_u32(vshrn_n_u64(low, 31), vshrn_n_u64(high, 31)));
  });
  return where_negative(sum, splat(0) - magnitude, magnitude);
}

}  // namespace
}  // namespace octet::int8

#include "int8/kernels/elementwise.inc"
#include "int8/kernels/reductions.inc"

namespace octet::int8 {

void lookup_neon(const Table& table, const std::int8_t* x, std::int8_t* y,
                 std::int64_t n) noexcept {
  const int8x16x4_t part[4] = {vld1q_s8_x4(table.data()), vld1q_s8_x4(table.data() + 64),
                               vld1q_s8_x4(table.data() + 128), vld1q_s8_x4(table.data() + 192)};
  const uint8x16_t quarter = vdupq_n_u8(64);
  std::int64_t i = 0;
  for (; i + block <= n; i += block) {
    uint8x16_t index = veorq_u8(vreinterpretq_u8_s8(vld1q_s8(x + i)), vdupq_n_u8(128));
    int8x16_t result = vqtbl4q_s8(part[0], index);  // 0 where the index is outside
    for (int k = 1; k < 4; ++k) {
      index = vsubq_u8(index, quarter);
      result = vqtbx4q_s8(result, part[k], index);
    }
    vst1q_s8(y + i, result);
  }
  lookup(table, x + i, y + i, n - i);
}

void quantize_neon(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
                   std::int64_t n) noexcept {
  std::int64_t i = 0;
  for (; i + block <= n; i += block) {
    // vcvtaq rounds half away from zero, saturates, and gives 0 for NaN, whose code is -128.
    const Lanes codes = each([&](int k) {
      const float32x4_t v = vdivq_f32(vld1q_f32(x + i + 4 * k), vdupq_n_f32(scale));
      const int32x4_t steps =
          vminq_s32(vmaxq_s32(vcvtaq_s32_f32(v), vdupq_n_s32(-512)), vdupq_n_s32(512));
      return vbslq_s32(vceqq_f32(v, v), steps, vdupq_n_s32(-512));
    });
    store(y + i, codes + splat(zero_point), {});
  }
  quantize(x + i, scale, zero_point, y + i, n - i);
}

void max_pool_row_neon(const PoolGeometry& g, ClampRange range, const std::int8_t* x, int out_y,
                       std::int8_t* y) noexcept {
  if (g.channels < block) {
    max_pool_row(g, range, x, out_y, y);
    return;
  }
  const int8x16_t lo = vdupq_n_s8(static_cast<std::int8_t>(range.lo));
  const int8x16_t hi = vdupq_n_s8(static_cast<std::int8_t>(range.hi));
  for (int out_x = 0; out_x < g.out_w; ++out_x, y += g.channels) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    for (std::int64_t at = 0; at < g.channels; at += block) {
      const std::int64_t c = std::min(at, g.channels - block);
      int8x16_t largest = vdupq_n_s8(-128);
      for (int iy = w.y0; iy < w.y1; ++iy) {
        const std::int8_t* pixel = x + (std::int64_t{iy} * g.in_w + w.x0) * g.channels + c;
        for (int ix = w.x0; ix < w.x1; ++ix, pixel += g.channels) {
          largest = vmaxq_s8(largest, vld1q_s8(pixel));
        }
      }
      vst1q_s8(y + c, vminq_s8(vmaxq_s8(largest, lo), hi));
    }
  }
}

}  // namespace octet::int8

#endif

// Vectors in NEON, two registers each: floats, int32 and the floats' values in double, under the
// names that the kernels of every instruction set use (each_vec.inc). 64-bit ARM only.
#pragma once

#include <arm_neon.h>

#include <algorithm>
#include <cstdint>

#include "base/simd/simd.h"

namespace octet::neon {

struct Floats {
  float32x4_t lo, hi;
};
struct Ints {
  int32x4_t lo, hi;
};
constexpr std::int64_t lanes = 8;
constexpr int registers = 16;

OCTET_INLINE Floats broadcast(float x) {
  return {vdupq_n_f32(x), vdupq_n_f32(x)};
}
OCTET_INLINE Floats zero() {
  return broadcast(0.0f);
}
OCTET_INLINE Floats load(const float* from) {
  return {vld1q_f32(from), vld1q_f32(from + 4)};
}
/// Of integers, rounded.
OCTET_INLINE Floats load_as_floats(const std::int32_t* from) {
  return {vcvtq_f32_s32(vld1q_s32(from)), vcvtq_f32_s32(vld1q_s32(from + 4))};
}
OCTET_INLINE void store(float* to, Floats v) {
  vst1q_f32(to, v.lo);
  vst1q_f32(to + 4, v.hi);
}
OCTET_INLINE Floats add(Floats a, Floats b) {
  return {vaddq_f32(a.lo, b.lo), vaddq_f32(a.hi, b.hi)};
}
OCTET_INLINE Floats sub(Floats a, Floats b) {
  return {vsubq_f32(a.lo, b.lo), vsubq_f32(a.hi, b.hi)};
}
OCTET_INLINE Floats mul(Floats a, Floats b) {
  return {vmulq_f32(a.lo, b.lo), vmulq_f32(a.hi, b.hi)};
}
/// a b + c
OCTET_INLINE Floats fmadd(Floats a, Floats b, Floats c) {
  return {vfmaq_f32(c.lo, a.lo, b.lo), vfmaq_f32(c.hi, a.hi, b.hi)};
}

OCTET_INLINE float32x4_t keep_where(float32x4_t g, uint32x4_t mask) {
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(g), mask));
}
/// g where z > lo, else 0.
OCTET_INLINE Floats keep_above(Floats g, Floats z, Floats lo) {
  return {keep_where(g.lo, vcgtq_f32(z.lo, lo.lo)), keep_where(g.hi, vcgtq_f32(z.hi, lo.hi))};
}
/// g where lo < z < hi, else 0.
OCTET_INLINE Floats keep_between(Floats g, Floats lo, Floats z, Floats hi) {
  return keep_above(keep_above(g, z, lo), hi, z);
}

/// Bits of the lanes of either register.
struct LaneBits {
  uint32x4_t lo, hi;
};
OCTET_INLINE LaneBits lane_bits() {
  constexpr std::uint32_t bits[] = {1, 2, 4, 8, 16, 32, 64, 128};
  return {vld1q_u32(bits), vld1q_u32(bits + 4)};
}
/// g where the lane's bit is 1, else 0.
OCTET_INLINE Floats keep_bits(Floats g, const std::uint8_t* bits) {
  const LaneBits bit = lane_bits();
  const uint32x4_t all = vdupq_n_u32(*bits);
  return {keep_where(g.lo, vtstq_u32(all, bit.lo)), keep_where(g.hi, vtstq_u32(all, bit.hi))};
}

/// A vector of floats' values in double.
struct Doubles {
  float64x2_t part[4];
};
OCTET_INLINE Doubles widen(Floats v) {
  return {{vcvt_f64_f32(vget_low_f32(v.lo)), vcvt_high_f64_f32(v.lo),
           vcvt_f64_f32(vget_low_f32(v.hi)), vcvt_high_f64_f32(v.hi)}};
}
OCTET_INLINE Doubles load_wide(const double* from) {
  return {{vld1q_f64(from), vld1q_f64(from + 2), vld1q_f64(from + 4), vld1q_f64(from + 6)}};
}
OCTET_INLINE Doubles load_wide(const std::int32_t* from) {
  Doubles v;
  for (int i = 0; i < 4; ++i) v.part[i] = vcvtq_f64_s64(vmovl_s32(vld1_s32(from + 2 * i)));
  return v;
}
OCTET_INLINE void store_wide(double* to, Doubles v) {
  for (int i = 0; i < 4; ++i) vst1q_f64(to + 2 * i, v.part[i]);
}
OCTET_INLINE Doubles add(Doubles a, Doubles b) {
  for (int i = 0; i < 4; ++i) a.part[i] = vaddq_f64(a.part[i], b.part[i]);
  return a;
}
OCTET_INLINE Doubles mul(Doubles a, Doubles b) {
  for (int i = 0; i < 4; ++i) a.part[i] = vmulq_f64(a.part[i], b.part[i]);
  return a;
}
OCTET_INLINE Doubles fmadd(Doubles a, Doubles b, Doubles c) {
  for (int i = 0; i < 4; ++i) c.part[i] = vfmaq_f64(c.part[i], a.part[i], b.part[i]);
  return c;
}

/// Floats v of V, the last of which has `last` valid lanes; the others are zero.
template <int V>
OCTET_INLINE Floats load_some(const float* from, int v, int last) {
  if (v + 1 < V || last == lanes) return load(from);
  float values[lanes] = {};
  std::copy_n(from, last, values);
  return load(values);
}
template <int V>
OCTET_INLINE void store_some(float* to, int v, int last, Floats value) {
  if (v + 1 < V || last == lanes) {
    store(to, value);
  } else {
    float values[lanes];
    store(values, value);
    std::copy_n(values, last, to);
  }
}

OCTET_INLINE Ints broadcast(std::int32_t x) {
  return {vdupq_n_s32(x), vdupq_n_s32(x)};
}
OCTET_INLINE Ints load(const std::int32_t* from) {
  return {vld1q_s32(from), vld1q_s32(from + 4)};
}
OCTET_INLINE void store(std::int32_t* to, Ints v) {
  vst1q_s32(to, v.lo);
  vst1q_s32(to + 4, v.hi);
}
OCTET_INLINE Ints add(Ints a, Ints b) {
  return {vaddq_s32(a.lo, b.lo), vaddq_s32(a.hi, b.hi)};
}
OCTET_INLINE Ints sub(Ints a, Ints b) {
  return {vsubq_s32(a.lo, b.lo), vsubq_s32(a.hi, b.hi)};
}
OCTET_INLINE Ints mul(Ints a, Ints b) {
  return {vmulq_s32(a.lo, b.lo), vmulq_s32(a.hi, b.hi)};
}
template <int by>
OCTET_INLINE Ints shift_left(Ints a) {
  return {vshlq_n_s32(a.lo, by), vshlq_n_s32(a.hi, by)};
}
/// By the lane's count, arithmetic.
OCTET_INLINE Ints shift_right(Ints a, Ints by) {
  return {vshlq_s32(a.lo, vnegq_s32(by.lo)), vshlq_s32(a.hi, vnegq_s32(by.hi))};
}
OCTET_INLINE std::int32_t least(Ints v) {
  return vminvq_s32(vminq_s32(v.lo, v.hi));
}
OCTET_INLINE std::int32_t greatest(Ints v) {
  return vmaxvq_s32(vmaxq_s32(v.lo, v.hi));
}

/// Every lane lies before the end.
struct All {};
OCTET_INLINE Ints load(All, const std::int32_t* from) {
  return load(from);
}
OCTET_INLINE Ints load(All, const std::int8_t* from) {
  const int16x8_t words = vmovl_s8(vld1_s8(from));
  return {vmovl_s16(vget_low_s16(words)), vmovl_high_s16(words)};
}
OCTET_INLINE void widen_range(All, Ints v, Ints& min, Ints& max) {
  min = {vminq_s32(min.lo, v.lo), vminq_s32(min.hi, v.hi)};
  max = {vmaxq_s32(max.lo, v.lo), vmaxq_s32(max.hi, v.hi)};
}
OCTET_INLINE unsigned bits_of(Ints v, Ints lo, Ints hi) {
  const LaneBits bit = lane_bits();
  const uint32x4_t low = vandq_u32(vcgeq_s32(v.lo, lo.lo), vcleq_s32(v.lo, hi.lo));
  const uint32x4_t high = vandq_u32(vcgeq_s32(v.hi, lo.hi), vcleq_s32(v.hi, hi.hi));
  return vaddvq_u32(vorrq_u32(vandq_u32(low, bit.lo), vandq_u32(high, bit.hi)));
}
OCTET_INLINE void store_bits(All, std::uint8_t* to, Ints v, Ints lo, Ints hi) {
  *to = static_cast<std::uint8_t>(bits_of(v, lo, hi));
}

/// The first lanes of the last vector; the others are neither read nor written.
struct First {
  std::int64_t left;  ///< in (0, lanes)
};
template <class T>
OCTET_INLINE Ints load(First first, const T* from) {
  T values[lanes] = {};
  std::copy_n(from, first.left, values);
  return load(All{}, values);
}
OCTET_INLINE void widen_range(First first, Ints v, Ints& min, Ints& max) {
  std::int32_t values[lanes], least_values[lanes], greatest_values[lanes];
  store(values, v);
  store(least_values, min);
  store(greatest_values, max);
  std::copy_n(values, first.left, least_values);
  std::copy_n(values, first.left, greatest_values);
  const Ints low = load(least_values), high = load(greatest_values);
  min = {vminq_s32(min.lo, low.lo), vminq_s32(min.hi, low.hi)};
  max = {vmaxq_s32(max.lo, high.lo), vmaxq_s32(max.hi, high.hi)};
}
OCTET_INLINE void store_bits(First first, std::uint8_t* to, Ints v, Ints lo, Ints hi) {
  *to = static_cast<std::uint8_t>(bits_of(v, lo, hi) & ((1u << first.left) - 1));
}

/// Codes clamped to [lo, hi], which int8 holds.
struct CodeRange {
  int8x8_t lo, hi;
  CodeRange(std::int32_t from, std::int32_t to)
      : lo(vdup_n_s8(static_cast<std::int8_t>(from))),
        hi(vdup_n_s8(static_cast<std::int8_t>(to))) {}
  OCTET_INLINE void store(All, std::int8_t* to, Ints v) const {
    const int16x8_t words = vqmovn_high_s32(vqmovn_s32(v.lo), v.hi);
    vst1_s8(to, vmin_s8(vmax_s8(vqmovn_s16(words), lo), hi));
  }
  OCTET_INLINE void store(First first, std::int8_t* to, Ints v) const {
    std::int8_t codes[lanes];
    store(All{}, codes, v);
    std::copy_n(codes, first.left, to);
  }
};

/// Calls f(i, valid) for the vectors at begin, begin + step, ... that begin before n.
template <class F>
OCTET_INLINE void for_vectors(std::int64_t begin, std::int64_t n, std::int64_t step, const F& f) {
  std::int64_t i = begin;
  for (; i + lanes <= n; i += step) f(i, All{});
  if (i < n) f(i, First{n - i});
}

}  // namespace octet::neon

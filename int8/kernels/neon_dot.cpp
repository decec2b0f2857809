// NEON with dot products: 4 channels a vector, 4 bytes a unit. sdot multiplies signed by signed
// bytes: codes are used as they are.
#include "int8/kernels/conv_args.h"

#if defined(OCTET_NEON_DOT)
#if defined(__clang__)
#define OCTET_TARGET __attribute__((target("dotprod")))
#else
#define OCTET_TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#endif
#include "int8/kernels/macros.inc"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

using Vec = int32x4_t;
using Codes = int8x16_t;
constexpr int lanes = 4;
constexpr int vector_bytes = 16;

OCTET_INLINE Vec zero() {
  return vdupq_n_s32(0);
}
OCTET_INLINE Vec load(const void* p) {
  return vld1q_s32(static_cast<const std::int32_t*>(p));
}
OCTET_INLINE void store(std::int32_t* p, Vec v) {
  vst1q_s32(p, v);
}
OCTET_INLINE void store(std::int8_t* p, Codes c) {
  vst1q_s8(p, c);
}
OCTET_INLINE void store_partial(std::int32_t* p, Vec v, int n) {
  std::int32_t values[4];
  store(values, v);
  for (int i = 0; i < n; ++i) p[i] = values[i];
}
OCTET_INLINE Vec broadcast(const std::uint8_t* p) {
  std::int32_t bits;
  __builtin_memcpy(&bits, p, 4);
  return vdupq_n_s32(bits);
}
OCTET_INLINE Vec dot(Vec acc, Vec x, Vec w) {
  return vdotq_s32(acc, vreinterpretq_s8_s32(x), vreinterpretq_s8_s32(w));
}
OCTET_INLINE Vec add(Vec a, Vec b) {
  return vaddq_s32(a, b);
}
OCTET_INLINE Vec shift_left(Vec v, Vec by) {
  return vshlq_s32(v, by);
}

struct Narrowing {
  int16x8_t addend;
  int8x16_t lo, hi;
  OCTET_INLINE explicit Narrowing(const BlockOutput& out)
      : addend(vdupq_n_s16(static_cast<std::int16_t>(out.zero_point))),
        lo(vdupq_n_s8(static_cast<std::int8_t>(out.lo))),
        hi(vdupq_n_s8(static_cast<std::int8_t>(out.hi))) {}
};

// vqdmulh is x m >> 31; the rounding shift by right + 2 does the rest at once.
struct SingleRounding {
  Vec multiplier, shift;
  OCTET_INLINE SingleRounding(const std::int32_t* m, const std::int32_t* right)
      : multiplier(load(m)), shift(vsubq_s32(vdupq_n_s32(-2), load(right))) {}
  OCTET_INLINE Vec apply(Vec x) const { return vrshlq_s32(vqdmulhq_s32(x, multiplier), shift); }
  static OCTET_INLINE Narrowing narrowing(const BlockOutput& out) { return Narrowing(out); }
};

// vqrdmulh is srdhm; the rounding shift has its ties toward +infinity, so negative values that are
// shifted at all are lowered by one first.
struct DoubleRounding {
  Vec multiplier, shift;
  OCTET_INLINE DoubleRounding(const std::int32_t* m, const std::int32_t* right)
      : multiplier(load(m)), shift(vnegq_s32(load(right))) {}
  OCTET_INLINE Vec apply(Vec x) const {
    const Vec s = vqrdmulhq_s32(x, multiplier);
    return vrshlq_s32(vaddq_s32(s, vshrq_n_s32(vandq_s32(s, shift), 31)), shift);
  }
  static OCTET_INLINE Narrowing narrowing(const BlockOutput& out) { return Narrowing(out); }
};

OCTET_INLINE Codes narrow(const Narrowing& n, Vec v0, Vec v1, Vec v2, Vec v3) {
  const int16x8_t a = vqaddq_s16(vcombine_s16(vqmovn_s32(v0), vqmovn_s32(v1)), n.addend);
  const int16x8_t b = vqaddq_s16(vcombine_s16(vqmovn_s32(v2), vqmovn_s32(v3)), n.addend);
  return vminq_s8(vmaxq_s8(vcombine_s8(vqmovn_s16(a), vqmovn_s16(b)), n.lo), n.hi);
}

template <int NV>
OCTET_INLINE void store_part_partial(std::int8_t* to, Codes c, int part, int channels) {
  std::int8_t codes[16];
  store(codes, c);
  for (int i = 0; i < channels; ++i) to[i] = codes[part * NV * lanes + i];
}
template <int NV>
OCTET_INLINE void store_part(std::int8_t* to, Codes c, int part) {
  if constexpr (NV == 4) {
    store(to, c);
  } else if constexpr (NV == 2) {
    vst1_s8(to, part == 0 ? vget_low_s8(c) : vget_high_s8(c));
  } else {
    store_part_partial<NV>(to, c, part, lanes);
  }
}

OCTET_TARGET void convert(std::uint8_t* to, const std::int8_t* from, std::int64_t n, std::int32_t) {
  __builtin_memcpy(to, from, static_cast<std::size_t>(n));
}

OCTET_TARGET void fill(std::uint8_t* to, std::int64_t n, std::int32_t zero_point) {
  __builtin_memset(to, zero_point, static_cast<std::size_t>(n));
}

// Depthwise: zipping keeps the channels in order.
OCTET_INLINE void keep(Vec& v) {
  asm("" : "+w"(v));
}
constexpr int depthwise_unroll = 2;
int position(int q, int lane) {
  return 4 * q + lane;
}

OCTET_TARGET void gather(std::uint8_t* to, const std::int8_t* from, std::int64_t stride, int n,
                         int channels, int width, std::int32_t) {
  if (channels == 16) {
    for (; n > 0; --n, from += stride, to += 16) __builtin_memcpy(to, from, 16);
  } else if (channels == 8) {
    for (; n > 0; --n, from += stride, to += width) __builtin_memcpy(to, from, 8);
  } else {
    for (; n > 0; --n, from += stride, to += width) {
      for (int c = 0; c < channels; ++c) to[c] = static_cast<std::uint8_t>(from[c]);
    }
  }
}

constexpr int unit = 4;
using Block = int8x16_t;
constexpr int block_bytes = 16;
OCTET_INLINE Block load_block(const std::uint8_t* p) {
  return vreinterpretq_s8_u8(vld1q_u8(p));
}
OCTET_INLINE Block convert_block(const std::int8_t* p, std::int32_t) {
  return vld1q_s8(p);
}
OCTET_INLINE void store_interleaved(std::uint8_t* to, const Block (&x)[4]) {
  const int16x8_t lo01 = vreinterpretq_s16_s8(vzip1q_s8(x[0], x[1]));
  const int16x8_t hi01 = vreinterpretq_s16_s8(vzip2q_s8(x[0], x[1]));
  const int16x8_t lo23 = vreinterpretq_s16_s8(vzip1q_s8(x[2], x[3]));
  const int16x8_t hi23 = vreinterpretq_s16_s8(vzip2q_s8(x[2], x[3]));
  vst1q_u8(to, vreinterpretq_u8_s16(vzip1q_s16(lo01, lo23)));
  vst1q_u8(to + 16, vreinterpretq_u8_s16(vzip2q_s16(lo01, lo23)));
  vst1q_u8(to + 32, vreinterpretq_u8_s16(vzip1q_s16(hi01, hi23)));
  vst1q_u8(to + 48, vreinterpretq_u8_s16(vzip2q_s16(hi01, hi23)));
}

OCTET_INLINE Codes narrow_block(const Narrowing& n, Vec v0, Vec v1, Vec v2, Vec v3) {
  return narrow(n, v0, v1, v2, v3);
}

OCTET_INLINE void block_order(Vec (&)[4]) {}

#include "int8/kernels/channels.inc"
#include "int8/kernels/depthwise.inc"
#include "int8/kernels/tile.inc"

}  // namespace

const ConvKernels neon_dot_kernels = {
    .lanes = lanes,
    .unit = unit,
    .element_bytes = 1,
    .wide_vectors = 4,
    .tile_pixels = 6,
    .offset = 0,
    .zero_point_free = false,
    .convert = convert,
    .fill = fill,
    .channels = channels,
    .float_codes = float_codes,
    .block = {nullptr, block<1, 8, 4, 1>, block<2, 8, 4, 1>, nullptr, block<4, 6, 4, 2, 1>},
    .narrow = nullptr,
    .depthwise = depthwise_kernels,
};
const DepthwiseRows neon_dot_accumulators = depthwise_accumulators;

}  // namespace octet::int8
#endif

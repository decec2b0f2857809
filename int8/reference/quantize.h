// QUANTIZE (floats or codes to codes) and DEQUANTIZE: of the operators of codes the only ones that
// touch floats. Codes of type u8 are 128 more than the i8 codes of the same reals: the same bits
// but the highest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "int8/graph/graph.h"
#include "int8/reference/fixed_point.h"
#include "int8/reference/tables/table.h"

namespace octet::int8 {

/// int8 -> int8: clamp8(MBQM(q - z_in, M) + z_out), M = double(s_in) / double(s_out).
UnaryCodes make_requantize_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                                 Rounding rounding);

/// float -> int8: clamp8(roundf(v / scale) + zero_point): true float32 division, half away from
/// zero. Infinities saturate, NaN gives -128.
std::int8_t quantize_one(float v, float scale, std::int32_t zero_point) noexcept;

/// Portable. x and y must not overlap.
using QuantizeFunction = void(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
                              std::int64_t n) noexcept;
QuantizeFunction quantize;

/// int8 -> float: float(double(scale) * (q - zero_point)). The product of 24 and 9 bits is exact in
/// double, so that one float multiplication rounds to the same value.
inline float dequantize_one(std::int32_t q, float scale, std::int32_t zero_point) noexcept {
  return scale * static_cast<float>(q - zero_point);
}
/// Portable.
using DequantizeFunction = void(const std::int8_t* x, float scale, std::int32_t zero_point,
                                float* y, std::int64_t n) noexcept;
DequantizeFunction dequantize;
/// The same of u8 codes; their bits are passed as int8.
DequantizeFunction dequantize_u8;

/// The same conversions of 16-bit codes, portable.
void quantize_i16(const float* x, float scale, std::int32_t zero_point, std::int16_t* y,
                  std::int64_t n) noexcept;
void dequantize_i16(const std::int16_t* x, float scale, std::int32_t zero_point, float* y,
                    std::int64_t n) noexcept;

/// codes[i] ^= 0x80: i8 codes become u8 codes of the same reals, and back.
inline void flip_codes(std::byte* codes, std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) codes[i] ^= std::byte{0x80};
}

/// The zero point of the i8 codes of the same reals.
constexpr std::int32_t i8_zero_point(DType type, std::int32_t zero_point) noexcept {
  return zero_point - 128 - least_code(type);
}

}  // namespace octet::int8

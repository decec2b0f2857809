// QUANTIZE (float or int8 to int8) and DEQUANTIZE: the only ops that touch floating point.
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"
#include "int8/reference/table.h"

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

}  // namespace octet::int8

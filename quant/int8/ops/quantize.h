// QUANTIZE (float or int8 to int8) and DEQUANTIZE: the only ops that touch floating point.
#pragma once

#include <cstdint>

#include "quant/int8/fixed_point.h"
#include "quant/int8/isa.h"
#include "quant/int8/table.h"

namespace octet::int8 {

/// int8 -> int8: clamp8(MBQM(q - z_in, M) + z_out), M = double(s_in) / double(s_out).
UnaryCodes make_requantize_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                                 Rounding rounding);

/// float -> int8: clamp8(roundf(v / scale) + zero_point): true float32 division, half away from
/// zero. Infinities saturate, NaN gives -128.
std::int8_t quantize_one(float v, float scale, std::int32_t zero_point) noexcept;

/// Portable. x and y must not overlap.
void quantize(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
              std::int64_t n) noexcept;

using QuantizeKernel = void (*)(const float*, float, std::int32_t, std::int8_t*,
                                std::int64_t) noexcept;
/// The best kernel for `isa`; every one gives the bytes of quantize().
QuantizeKernel quantize_kernel(Isa isa) noexcept;

/// int8 -> float: float(double(scale) * (q - zero_point)).
inline float dequantize_one(std::int32_t q, float scale, std::int32_t zero_point) noexcept {
  return static_cast<float>(static_cast<double>(scale) * (q - zero_point));
}
void dequantize(const std::int8_t* x, float scale, std::int32_t zero_point, float* y,
                std::int64_t n) noexcept;

}  // namespace octet::int8

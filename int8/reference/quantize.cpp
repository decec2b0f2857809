#include "int8/reference/quantize.h"

#include <cmath>

#include "int8/reference/multipliers.h"

namespace octet::int8 {

UnaryCodes make_requantize_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                                 Rounding rounding) {
  const char* what = "input scale / output scale";
  const Multiplier m =
      checked_multiplier(static_cast<double>(s_in) / static_cast<double>(s_out), rounding, what);
  check_no_overflow(255, m, what);
  return tabulate(
      [&](int q) { return multiply_by_quantized_multiplier(q - z_in, m, rounding) + z_out; });
}

std::int8_t quantize_one(float v, float scale, std::int32_t zero_point) noexcept {
  // Beyond +-512 every zero point saturates; bounding first keeps the conversion defined.
  const float steps = std::round(v / scale);
  const float bounded = steps > -512.0f ? (steps < 512.0f ? steps : 512.0f) : -512.0f;
  return clamp_to_int8(static_cast<std::int32_t>(bounded) + zero_point);
}

void quantize(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
              std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = quantize_one(x[i], scale, zero_point);
}

void dequantize(const std::int8_t* x, float scale, std::int32_t zero_point, float* y,
                std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = dequantize_one(x[i], scale, zero_point);
}

void quantize_i16(const float* x, float scale, std::int32_t zero_point, std::int16_t* y,
                  std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    const float steps = std::round(x[i] / scale);
    const float bounded = steps > -131072.0f ? (steps < 131072.0f ? steps : 131072.0f) : -131072.0f;
    const std::int32_t code = static_cast<std::int32_t>(bounded) + zero_point;
    y[i] = static_cast<std::int16_t>(code < -32768 ? -32768 : code > 32767 ? 32767 : code);
  }
}

void dequantize_i16(const std::int16_t* x, float scale, std::int32_t zero_point, float* y,
                    std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i)
    y[i] = static_cast<float>(static_cast<double>(scale) * (x[i] - zero_point));
}

void dequantize_u8(const std::int8_t* x, float scale, std::int32_t zero_point, float* y,
                   std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i)
    y[i] = dequantize_one(static_cast<std::uint8_t>(x[i]), scale, zero_point);
}

}  // namespace octet::int8

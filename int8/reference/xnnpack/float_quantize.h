// QUANTIZE of floats in XNNPACK.
#pragma once

#include <cstdint>

namespace octet::int8::xnnpack {

/// QUANTIZE of floats: clamp8(rint(f32(x f32(1 / scale))) + zero_point); NaN gives 127. A
/// QuantizeFunction.
void quantize(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
              std::int64_t n) noexcept;

}  // namespace octet::int8::xnnpack

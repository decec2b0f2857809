// Which scales XNNPACK takes in LiteRT 2.3; nodes with others are run by LiteRT's own kernels.
#pragma once

namespace octet::int8::xnnpack {

/// ADD and SUB: f32(s / s_out) in [2^-10, 2^8) for both operands.
bool takes_sum(float s1, float s2, float s_out) noexcept;
/// MUL: f32(f32(s1 * s2) / s_out) in [2^-16, 2^8).
bool takes_product(float s1, float s2, float s_out) noexcept;
/// QUANTIZE of codes: f32(s_in / s_out) in [2^-8, 2^7].
bool takes_rescaling(float s_in, float s_out) noexcept;
/// LEAKY_RELU: likewise, and so the magnitude of that ratio times alpha, which is above -128.
bool takes_leaky_relu(float s_in, float s_out, float alpha) noexcept;

}  // namespace octet::int8::xnnpack

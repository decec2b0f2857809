// SOFTMAX of LiteRT's own kernel, which runs where XNNPACK does not: a table of exponentials in
// float32.
#pragma once

#include <array>
#include <cstdint>

namespace octet::int8::xnnpack {

/// [d]: f32(exp(f32(f32(-beta s_in) d))) of the difference d to the row's maximum.
struct Exponentials : std::array<float, 256> {
  Exponentials() = default;
  Exponentials(float beta, float s_in) noexcept;
};

/// One row: sum in float32, in order; inverse = f32(1 / f32(sum / 256)); roundf(f32(t inverse)) -
/// 128, clamped. Output scale 1/256, zero point -128. y may be x.
void softmax_row(const Exponentials& table, const std::int8_t* x, std::int8_t* y,
                 std::int64_t depth) noexcept;

}  // namespace octet::int8::xnnpack

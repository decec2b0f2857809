// BATCH_MATMUL of codes: y = clamp8(MBQM(sum_k (a - z_a)(b - z_b)) + z_out).
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

struct MatMulParams {
  std::int32_t z_a = 0, z_b = 0, z_out = 0;
  Multiplier m;
  Rounding rounding = Rounding::single_rounding;
  float factor = 0;  ///< f32(f32(s_a * s_b) / s_out), in float rounding
};

/// M = double(s_a) * double(s_b) / double(s_out). Throws Error if a sum of `depth` products could
/// overflow.
MatMulParams make_matmul_params(float s_a, std::int32_t z_a, float s_b, std::int32_t z_b,
                                float s_out, std::int32_t z_out, std::int64_t depth,
                                Rounding rounding);

/// y[i] for i of 0 .. n - 1: row i of `b` by `a`, both less their zero points.
using MatMulRowFunction = void(const MatMulParams& params, const std::int16_t* a,
                               const std::int16_t* b, std::int64_t n, std::int64_t depth,
                               std::int8_t* y) noexcept;
MatMulRowFunction matmul_row;

}  // namespace octet::int8

// MEAN and SUM over any axes: an exact int32 sum and one rescale, which includes MEAN's division.
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"
#include "int8/reference/reduction.h"

namespace octet::int8 {

struct MeanParams {
  std::int32_t offset = 0;  ///< zero_point_in * count
  std::int32_t z_out = 0;
  Multiplier m;
  Rounding rounding = Rounding::single_rounding;
};

/// (m, e) = QuantizeMultiplier(double(s_in) / double(s_out)); t = min(floor(log2 count), 32,
/// 31 + e); m' = (int64(m) << t) / count, e' = e - t. Throws Error if a sum could overflow.
MeanParams make_mean_params(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                            std::int64_t count, Rounding rounding);

/// The same for SUM: (m', e') = (m, e).
MeanParams make_sum_params(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                           std::int64_t count, Rounding rounding);

/// The output code before it is clamped to int8, zero point included. `sum` is of raw codes.
inline std::int32_t mean_preclamp(const MeanParams& p, std::int32_t sum) noexcept {
  return multiply_by_quantized_multiplier(sum - p.offset, p.m, p.rounding) + p.z_out;
}

/// Outputs k of begin .. end - 1, portable: x is the sample, y the first output.
using MeanFunction = void(const MeanParams& params, const ReductionLayout& layout,
                          const std::int8_t* x, std::int64_t begin, std::int64_t end,
                          std::int8_t* y) noexcept;
MeanFunction mean;

}  // namespace octet::int8

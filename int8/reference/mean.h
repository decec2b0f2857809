// MEAN over any axes: an exact int32 sum and one rescale that includes the division.
#pragma once

#include <cstdint>
#include <vector>

#include "int8/reference/fixed_point.h"

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

/// The output code before it is clamped to int8, zero point included. `sum` is of raw codes.
inline std::int32_t mean_preclamp(const MeanParams& p, std::int32_t sum) noexcept {
  return multiply_by_quantized_multiplier(sum - p.offset, p.m, p.rounding) + p.z_out;
}

/// Where the codes of a sum are. Output [k, c] is the mean over all groups g and i in 0 .. run - 1
/// of x[kept[k] + reduced[g] + i * run_stride + c].
struct MeanLayout {
  std::int64_t inner = 1;             ///< channels c: the trailing kept dimensions
  std::vector<std::int64_t> kept;     ///< of every combination of the other kept dimensions
  std::vector<std::int64_t> reduced;  ///< of every combination of reduced dimensions but the run
  std::int64_t run = 1, run_stride = 1;
};

/// Outputs k of begin .. end - 1, portable: x is the sample, y the first output.
using MeanFunction = void(const MeanParams& params, const MeanLayout& layout, const std::int8_t* x,
                          std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept;
MeanFunction mean;

}  // namespace octet::int8

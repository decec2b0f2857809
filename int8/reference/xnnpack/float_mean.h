// MEAN and SUM in XNNPACK on x86-64: the sum of codes by two float32 operations.
#pragma once

#include <cstdint>

#include "int8/graph/graph.h"
#include "int8/reference/float_rounding.h"
#include "int8/reference/reduction.h"

namespace octet::int8::xnnpack {

struct FloatMeanParams {
  float factor = 0;    ///< f32(s_in / s_out), for MEAN times f32(1 / n)
  float constant = 0;  ///< f32(z_out - f32(n z_in factor))
};
FloatMeanParams make_float_mean_params(QuantParams in, QuantParams out, std::int64_t n,
                                       bool mean) noexcept;

/// The output code before it is clamped to int8: rint(f32(f32(f32(sum) factor) + constant)). `sum`
/// is of raw codes.
inline std::int32_t mean_preclamp(const FloatMeanParams& p, std::int32_t sum) noexcept {
  const float scaled = static_cast<float>(sum) * p.factor;
  return nearest_even(scaled + p.constant);
}

/// Outputs k of begin .. end - 1 as of int8::mean.
void mean(const FloatMeanParams& params, const ReductionLayout& layout, const std::int8_t* x,
          std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept;

}  // namespace octet::int8::xnnpack

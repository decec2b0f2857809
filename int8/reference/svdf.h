// SVDF: a filter over features, then one over the last steps in time, which the state remembers.
#pragma once

#include <cstdint>
#include <span>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

struct SvdfParams {
  std::span<const std::int8_t> feature_weights;  ///< [filters, features]
  const std::int32_t* bias = nullptr;            ///< [filters / rank]; null: none
  std::int64_t filters = 1, features = 1, memory = 1, rank = 1;
  std::int32_t input_zero_point = 0, state_zero_point = 0, output_zero_point = 0;
  Multiplier feature, output;
  Rounding rounding = Rounding::double_rounding;
};

/// M = s_in * s_feature / s_state and s_state * s_time / s_out, in double. Throws Error if they
/// cannot be shifted by.
void set_svdf_scales(SvdfParams& params, float s_in, float s_feature, float s_state, float s_time,
                     float s_out);

/// T is that of the state and of the weights over time, [filters, memory]: int16 or int8. `state`
/// is updated: what was remembered moves by one step, MBQM(feature_weights (x - z), feature),
/// limited to T, comes last. y[u] = clamp8(MBQM(bias + sum over the filters of u, output) + z);
/// sums are those of int32, which wrap.
template <class T>
void svdf_step(const SvdfParams& params, const T* time_weights, const std::int8_t* x, T* state,
               std::int8_t* y) noexcept;

}  // namespace octet::int8

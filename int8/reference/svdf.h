// SVDF: a filter over features, then one over the last steps in time, which the state remembers.
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

struct SvdfParams {
  /// [filters / rank]: bias - state_zero_point * sum of the unit's weights over time, wrapped.
  const std::int32_t* start = nullptr;
  std::int64_t filters = 1, memory = 1, rank = 1;
  std::int32_t state_zero_point = 0, output_zero_point = 0;
  Multiplier feature, output;
  Rounding rounding = Rounding::double_rounding;
};

/// M = s_in * s_feature / s_state and s_state * s_time / s_out, in double. Throws Error if they
/// cannot be shifted by.
void set_svdf_scales(SvdfParams& params, float s_in, float s_feature, float s_state, float s_time,
                     float s_out);

/// T is that of the state and of the weights over time, [filters, memory]: int16 or int8. `state`
/// is updated: what was remembered moves by one step, MBQM(features, feature), limited to T, comes
/// last. features: feature_weights (x - z), [filters]. y[u] = clamp8(MBQM(bias + sum over the
/// filters of u, output) + z); sums are those of int32, which wrap.
template <class T>
void svdf_step(const SvdfParams& params, const T* time_weights, const std::int32_t* features,
               T* state, std::int8_t* y) noexcept;

}  // namespace octet::int8

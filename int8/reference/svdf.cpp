#include "int8/reference/svdf.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "int8/reference/multipliers.h"

namespace octet::int8 {

void set_svdf_scales(SvdfParams& params, float s_in, float s_feature, float s_state, float s_time,
                     float s_out) {
  const auto multiplier = [&params](double a, double b, double c, const char* what) {
    return checked_multiplier(a * b / c, params.rounding, what);
  };
  params.feature =
      multiplier(s_in, s_feature, s_state, "input scale * feature weight scale / state scale");
  params.output =
      multiplier(s_state, s_time, s_out, "state scale * time weight scale / output scale");
}

template <class T>
void svdf_step(const SvdfParams& p, const T* time_weights, const std::int32_t* features, T* state,
               std::int8_t* y) noexcept {
  constexpr std::int32_t least = std::numeric_limits<T>::min(),
                         most = std::numeric_limits<T>::max();
  // All rows at once: what passes from one to the next is overwritten.
  std::memmove(state, state + 1, static_cast<std::size_t>(p.filters * p.memory - 1) * sizeof(T));
  T* latest = state + p.memory - 1;
  for (std::int64_t f = 0; f < p.filters; ++f, latest += p.memory) {
    const std::int32_t now = multiply_by_quantized_multiplier(features[f], p.feature, p.rounding);
    *latest = static_cast<T>(p.state_zero_point + std::clamp(now, least, most));
  }
  const std::int64_t terms = p.rank * p.memory;
  for (std::int64_t unit = 0; unit < p.filters / p.rank; ++unit) {
    auto sum = static_cast<std::uint32_t>(p.start[unit]);
    for (std::int64_t i = 0; i < terms; ++i)
      sum += static_cast<std::uint32_t>(time_weights[i] * state[i]);
    time_weights += terms;
    state += terms;
    const std::int64_t scaled =
        multiply_by_quantized_multiplier(static_cast<std::int32_t>(sum), p.output, p.rounding);
    y[unit] =
        static_cast<std::int8_t>(std::clamp<std::int64_t>(scaled + p.output_zero_point, -128, 127));
  }
}

template void svdf_step(const SvdfParams&, const std::int16_t*, const std::int32_t*, std::int16_t*,
                        std::int8_t*) noexcept;
template void svdf_step(const SvdfParams&, const std::int8_t*, const std::int32_t*, std::int8_t*,
                        std::int8_t*) noexcept;

}  // namespace octet::int8

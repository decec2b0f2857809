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
void svdf_step(const SvdfParams& p, const T* time_weights, const std::int8_t* x, T* state,
               std::int8_t* y) noexcept {
  constexpr std::int32_t least = std::numeric_limits<T>::min(),
                         most = std::numeric_limits<T>::max();
  for (std::int64_t unit = 0; unit < p.filters / p.rank; ++unit) {
    auto sum = static_cast<std::uint32_t>(p.bias ? p.bias[unit] : 0);
    for (std::int64_t f = unit * p.rank; f < (unit + 1) * p.rank; ++f) {
      const std::int8_t* w = p.feature_weights.data() + f * p.features;
      std::int32_t dot = 0;
      for (std::int64_t i = 0; i < p.features; ++i) dot += w[i] * (x[i] - p.input_zero_point);
      const std::int32_t now =
          std::clamp(multiply_by_quantized_multiplier(dot, p.feature, p.rounding), least, most);
      T* remembered = state + f * p.memory;
      std::memmove(remembered, remembered + 1, static_cast<std::size_t>(p.memory - 1) * sizeof(T));
      remembered[p.memory - 1] = static_cast<T>(p.state_zero_point + now);
      const T* t = time_weights + f * p.memory;
      for (std::int64_t i = 0; i < p.memory; ++i)
        sum += static_cast<std::uint32_t>(t[i] * (remembered[i] - p.state_zero_point));
    }
    const std::int64_t scaled =
        multiply_by_quantized_multiplier(static_cast<std::int32_t>(sum), p.output, p.rounding);
    y[unit] =
        static_cast<std::int8_t>(std::clamp<std::int64_t>(scaled + p.output_zero_point, -128, 127));
  }
}

template void svdf_step(const SvdfParams&, const std::int16_t*, const std::int8_t*, std::int16_t*,
                        std::int8_t*) noexcept;
template void svdf_step(const SvdfParams&, const std::int8_t*, const std::int8_t*, std::int8_t*,
                        std::int8_t*) noexcept;

}  // namespace octet::int8

#include "int8/reference/multipliers.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace octet::int8 {

Multiplier checked_multiplier(double real, Rounding rounding, std::string_view what) {
  OCTET_CHECK(std::isfinite(real) && real >= 0.0, what, ": expected a finite multiplier >= 0, got ",
              real);
  // frexp's exponent of such a value is outside what requantization can shift by.
  OCTET_CHECK(real < static_cast<double>(std::int64_t{1} << 30), what,
              ": expected a multiplier below 2^30, got ", real);
  return quantize_multiplier(real, rounding);
}

void check_no_overflow(std::int64_t max_abs, Multiplier multiplier, std::string_view what) {
  constexpr std::int64_t limit = std::int64_t{1} << 31;
  // A right shift halves the value at least once: then the zero point cannot overflow it.
  const int shift = multiplier.shift > 0 ? multiplier.shift : 0;
  const std::int64_t headroom = multiplier.shift >= 0 ? 256 : 0;
  OCTET_CHECK(max_abs < limit && (max_abs << shift) < limit - headroom, what,
              ": int32 could overflow: expected |accumulator| * 2^", shift,
              " below 2^31, got up to ", max_abs, " * 2^", shift);
}

std::vector<Multiplier> conv_multipliers(float s_in, std::span<const float> s_w, float s_out,
                                         Rounding rounding) {
  std::vector<Multiplier> multipliers(s_w.size());
  conv_multipliers(s_in, s_w, s_out, rounding, multipliers);
  return multipliers;
}

void conv_multipliers(float s_in, std::span<const float> s_w, float s_out, Rounding rounding,
                      std::span<Multiplier> out) {
  for (std::size_t c = 0; c < s_w.size(); ++c) {
    const double real = static_cast<double>(s_in) * static_cast<double>(s_w[c]);
    out[c] = checked_multiplier(real / static_cast<double>(s_out), rounding,
                                "input scale * weight scale / output scale");
  }
}

void conv_factors(float s_in, std::span<const float> s_w, float s_out, std::span<float> out) {
  for (std::size_t c = 0; c < out.size(); ++c) {
    const float product = s_in * s_w[s_w.size() == 1 ? 0 : c];
    out[c] = product / s_out;
    OCTET_CHECK(out[c] < 256.0f,
                "input scale * weight scale / output scale: expected below 256, got ", out[c]);
  }
}

}  // namespace octet::int8

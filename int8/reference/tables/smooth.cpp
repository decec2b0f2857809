// EXP, LOG, SQRT, ELU and GELU, which the format defines by a float function of the dequantized
// code: roundf(f(s_in (q - z_in)) (1 / s_out)) + z_out, every operation in float32.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "int8/graph/attributes.h"
#include "int8/reference/real_functions.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {
namespace {

template <class F>
UnaryCodes tabulate_real(const UnaryArgs& a, const F& f) {
  const float inverse = 1.0f / a.out.scale;
  OCTET_CHECK(std::isfinite(inverse), "output scale: expected one whose inverse is finite, got ",
              a.out.scale);
  constexpr float largest = std::numeric_limits<float>::max();
  return tabulate([&](int q) {
    const float x = a.in.scale * static_cast<float>(q - a.in.zero_point);
    const float y = f(x > largest ? largest : (x < -largest ? -largest : x)) * inverse;
    constexpr float far = 1 << 20;  // beyond every code
    return static_cast<std::int32_t>(std::round(y > far ? far : (y < -far ? -far : y))) +
           a.out.zero_point;
  });
}

float gelu(float x) {
  constexpr float minus_sqrt_half = -0.70710678118654752440f;
  return 0.5f * x * static_cast<float>(erfc_of(static_cast<double>(x * minus_sqrt_half)));
}

float gelu_by_tanh(float x) {
  constexpr float sqrt_2_over_pi = 0.79788456080286535588f;
  const float inner = sqrt_2_over_pi * (x + 0.044715f * x * x * x);
  return 0.5f * x * (1.0f + static_cast<float>(tanh_of(static_cast<double>(inner))));
}

}  // namespace

constexpr UnaryOp exp_op{.codes = [](const UnaryArgs& a) {
  return tabulate_real(a,
                       [](float x) { return static_cast<float>(exp_of(static_cast<double>(x))); });
}};

/// -128 where x <= 0.
constexpr UnaryOp log_op{.codes = [](const UnaryArgs& a) {
  return tabulate_real(a, [](float x) {
    return x > 0 ? static_cast<float>(log_of(static_cast<double>(x)))
                 : -std::numeric_limits<float>::infinity();
  });
}};

/// floor(sqrt(x) / s_out) + z_out, 0 for x <= 0: the one that is not rounded.
constexpr UnaryOp sqrt_op{.codes = [](const UnaryArgs& a) {
  return tabulate([&](int q) {
    const float x = a.in.scale * static_cast<float>(std::max(q - a.in.zero_point, 0));
    return static_cast<std::int32_t>(std::min(std::sqrt(x) / a.out.scale, 256.0f)) +
           a.out.zero_point;
  });
}};

/// x where x >= 0, e^x - 1 elsewhere.
constexpr UnaryOp elu_op{.codes = [](const UnaryArgs& a) {
  return tabulate_real(
      a, [](float x) { return x < 0 ? static_cast<float>(expm1_of(static_cast<double>(x))) : x; });
}};

constexpr UnaryOp gelu_op{.codes = [](const UnaryArgs& a) {
  return tabulate_real(
      a, attributes_as<GeluAttributes>(a.attributes).approximate ? gelu_by_tanh : gelu);
}};

}  // namespace octet::int8

// What each operator should give for single codes, in exact arithmetic, written from the formulas
// of docs/numerics.md and not from the project's code.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "int8/graph/graph.h"
#include "tests/int8/reference.h"

namespace octet::test::reference {

using int8::Activation;
using int8::Rounding;

/// Scale and zero point.
struct Params {
  float s = 1.0f;
  int z = 0;
};

/// QuantizeMultiplier: m * 2^(e - 31).
struct Factor {
  std::int64_t m = 0;
  int e = 0;
};
inline Factor factor(double real) {
  if (real == 0.0) return {};
  Factor f;
  const double q = std::frexp(real, &f.e);
  f.m = std::llround(q * 2147483648.0);
  if (f.m == std::int64_t{1} << 31) f = {std::int64_t{1} << 30, f.e + 1};
  return f.e < -31 ? Factor{} : f;
}
inline std::int64_t times(std::int64_t x, Factor f, Rounding r) {
  return rescaled(x, f.m, f.e, r);
}

inline std::int8_t clamped(std::int64_t v, Activation activation, Params y) {
  const auto code = [&](float real) {
    return std::int64_t{y.z} + static_cast<std::int64_t>(std::round(real / y.s));
  };
  std::int64_t lo = -128, hi = 127;
  if (activation == Activation::relu || activation == Activation::relu6) lo = code(0.0f);
  if (activation == Activation::relu_n1_to_1) lo = code(-1.0f);
  if (activation == Activation::relu6) hi = code(6.0f);
  if (activation == Activation::relu_n1_to_1) hi = code(1.0f);
  return saturated(v, std::max<std::int64_t>(lo, -128), std::min<std::int64_t>(hi, 127));
}

struct AddFactors {
  Factor a, b, y;
};
inline AddFactors add_factors(Params a, Params b, Params y) {
  const double most = 2.0 * std::max(double{a.s}, double{b.s});
  return {factor(double{a.s} / most), factor(double{b.s} / most),
          factor(most / (1048576.0 * double{y.s}))};
}
inline std::int64_t add(int qa, int qb, Params a, Params b, Params y, bool subtract, Rounding r) {
  const AddFactors f = add_factors(a, b, y);
  const std::int64_t u = times(std::int64_t{qa - a.z} * 1048576, f.a, r);
  const std::int64_t v = times(std::int64_t{qb - b.z} * 1048576, f.b, r);
  return times(subtract ? u - v : u + v, f.y, r) + y.z;
}

inline std::int64_t mul(int qa, int qb, Params a, Params b, Params y, Rounding r) {
  const Factor f = factor(double{a.s} * double{b.s} / double{y.s});
  return times(std::int64_t{qa - a.z} * (qb - b.z), f, r) + y.z;
}

inline std::int8_t prelu(int q, int alpha, Params x, Params a, Params y, Rounding r) {
  const std::int64_t v = q - x.z;
  const std::int64_t scaled =
      v >= 0 ? times(v, factor(double{x.s} / double{y.s}), r)
             : times(v * (alpha - a.z), factor(double{x.s} * double{a.s} / double{y.s}), r);
  return saturated(scaled + y.z);
}

inline std::int8_t leaky_relu(int q, float alpha, Params x, Params y, Rounding r) {
  const std::int64_t v = q - x.z;
  const double identity = double{x.s} / double{y.s};
  const double slope = double{x.s} * double{alpha} / double{y.s};
  if (v >= 0) return saturated(times(v, factor(identity), r) + y.z);
  const std::int64_t scaled = times(v, factor(std::fabs(slope)), r);
  return saturated((slope < 0 ? -scaled : scaled) + y.z);
}

inline std::int8_t relu(int q, Params x, Params y, Rounding r) {
  const double scale = double{x.s} / double{y.s};
  return saturated(times(q - x.z, factor(scale), r) + y.z, std::max(-128, y.z));
}
inline std::int8_t relu6(int q, Params x) {
  const float six = 6.0f / x.s;
  return saturated(q, x.z, std::min<std::int64_t>(127, std::llround(double{six}) + x.z));
}
inline std::int8_t requantized(int q, Params x, Params y, Rounding r) {
  return saturated(times(q - x.z, factor(double{x.s} / double{y.s}), r) + y.z);
}

inline std::int8_t mean(std::int64_t sum, std::int64_t n, Params x, Params y, Rounding r) {
  Factor f = factor(double{x.s} / double{y.s});
  int t = 0;
  while (std::int64_t{2} << t <= n) ++t;
  t = std::min({t, 32, 31 + f.e});
  f = {static_cast<std::int64_t>(Wide{f.m} * power_of_two(t) / n), f.e - t};
  return saturated(times(sum - x.z * n, f, r) + y.z);
}

inline std::int8_t average(std::int64_t sum, std::int64_t n) {
  return static_cast<std::int8_t>(half_away(sum, n));
}

/// 20-bit weighted sum of a bilinear resize.
inline std::int8_t bilinear(std::int64_t sum, Rounding r) {
  const Wide d = power_of_two(20);
  return static_cast<std::int8_t>(r == Rounding::single_rounding ? half_up(sum, d)
                                                                 : half_away(sum, d));
}

// --- fixed-point functions on raw int32 ---

constexpr std::int64_t one = std::numeric_limits<std::int32_t>::max();  // 1 in Q0

inline std::int64_t high_product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(half_up(Wide{a} * b, power_of_two(31)));
}
inline std::int64_t divided(std::int64_t x, int e) {
  return static_cast<std::int64_t>(half_away(x, power_of_two(e)));
}
inline std::int64_t grown(std::int64_t v, int e) {
  const std::int64_t bound = (std::int64_t{1} << (31 - e)) - 1;
  if (v > bound) return one;
  if (v < -bound) return -one - 1;
  return v * (std::int64_t{1} << e);
}

/// exp(a), a <= 0 in Q`integer_bits`, in Q0.
inline std::int64_t exponential(std::int64_t a, int integer_bits) {
  if (a == 0) return one;
  const int fraction = 31 - integer_bits;
  const std::int64_t quarter = std::int64_t{1} << (fraction - 2);
  std::int64_t b = a % quarter;  // in (-quarter, 0]
  b = b == 0 ? -quarter : b;
  const std::int64_t x = grown(b, integer_bits) + (std::int64_t{1} << 28);
  const std::int64_t x2 = high_product(x, x), x3 = high_product(x2, x), x4 = high_product(x2, x2);
  const std::int64_t t = divided(high_product(divided(x4, 2) + x3, 715827883) + x2, 1);
  std::int64_t result = 1895147668 + high_product(1895147668, x + t);
  const std::int64_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};
  for (int k = -2; k <= 4; ++k) {
    if (integer_bits <= k) continue;
    if (((b - a) / (std::int64_t{1} << (fraction + k))) % 2 != 0) {
      result = high_product(result, factors[k + 2]);
    }
  }
  return result;
}
inline std::int64_t reciprocal_of_half(std::int64_t a) {
  const auto half = static_cast<std::int64_t>(half_away(Wide{a} + one, 2));
  std::int64_t x = 1515870810 + high_product(half, -1010580540);
  for (int i = 0; i < 3; ++i) {
    x += grown(high_product(x, (std::int64_t{1} << 29) - high_product(half, x)), 2);
  }
  return x;
}

inline std::vector<std::int8_t> softmax(const std::vector<std::int8_t>& x, float beta, float scale,
                                        Rounding r) {
  const double limit = r == Rounding::single_rounding ? 1073741823.0 : 2147483647.0;
  const Factor f = factor(std::min(double{beta} * double{scale} * 67108864.0, limit));
  const auto radius = static_cast<std::int64_t>(std::floor(31.0 * 67108864.0 / std::exp2(f.e)));
  std::int64_t largest = -128, sum = 0;
  for (const std::int8_t q : x) largest = std::max<std::int64_t>(largest, q);
  const auto exp_of = [&](std::int64_t d) { return exponential(times(d, f, r), 5); };
  for (const std::int8_t q : x) {
    if (q - largest >= -radius) sum += divided(exp_of(q - largest), 12);
  }
  int headroom = 0;
  while (sum < std::int64_t{1} << (31 - headroom)) ++headroom;
  const std::int64_t fraction = sum * (std::int64_t{1} << headroom) - (std::int64_t{1} << 31);
  const std::int64_t inverse = grown(reciprocal_of_half(fraction), 1);
  std::vector<std::int8_t> y;
  for (const std::int8_t q : x) {
    const std::int64_t d = q - largest;
    y.push_back(d < -radius
                    ? std::int8_t{-128}
                    : saturated(divided(high_product(inverse, exp_of(d)), 35 - headroom) - 128));
  }
  return y;
}

/// LOGISTIC (output 1/256, -128) and TANH (output 1/128, 0).
inline std::int8_t sigmoid(int q, Params x, bool tanh, Rounding r) {
  const double real = double{x.s} * 134217728.0;
  const Factor f = factor(real);
  const auto radius = static_cast<std::int64_t>(std::floor(15.0 * 134217728.0 / std::exp2(f.e)));
  const std::int64_t v = q - x.z;
  if (v <= -radius) return -128;
  if (v >= radius) return 127;
  const std::int64_t z = times(v, f, r), magnitude = z < 0 ? -z : z;
  if (tanh) {
    const std::int64_t e = exponential(-magnitude, 5);
    const std::int64_t t = z == 0 ? 0 : grown(reciprocal_of_half(e) - (std::int64_t{1} << 29), 2);
    return saturated(divided(z < 0 ? -t : t, 24));
  }
  const std::int64_t positive =
      z == 0 ? std::int64_t{1} << 30 : grown(reciprocal_of_half(exponential(-magnitude, 4)), 1);
  return saturated(divided(z < 0 ? one - positive : positive, 23) - 128);
}

inline std::int8_t hard_swish(int q, Params x, Params y) {
  const auto high16 = [](std::int64_t a, std::int64_t b) {
    return a == -32768 && b == -32768
               ? std::int64_t{32767}
               : static_cast<std::int64_t>(half_up(Wide{a} * b, power_of_two(15)));
  };
  const auto to16 = [](std::int64_t v) { return std::clamp<std::int64_t>(v, -32768, 32767); };
  const auto reduced = [](std::int64_t m) {
    return m >= 2147483647 - 32768 ? std::int64_t{32767} : (m + 32768) / 65536;
  };
  const float hires = (1.0f / 128.0f) * x.s;
  const float to_output = hires / y.s, to_relu6 = hires / (3.0f / 32768.0f);
  const Factor fo = factor(double{to_output}), fr = factor(double{to_relu6});
  const std::int64_t h = std::int64_t{q - x.z} * 128;
  const std::int64_t p = high16(h, reduced(fo.m));
  std::int64_t t = h;
  if (fr.e > 0) t = to16(t * (std::int64_t{1} << (fr.e - 1)));
  t = high16(t, reduced(fr.m));
  if (fr.e > 0) t = to16(t * 2);
  if (fr.e < 0) t = divided(t, -fr.e);
  t = static_cast<std::int64_t>(floor_div(t + 32768, 2));
  return saturated(divided(t * p / 32768, -fo.e) + y.z);
}

}  // namespace octet::test::reference

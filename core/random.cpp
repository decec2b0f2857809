#include "core/random.h"

#include <bit>
#include <cmath>

namespace octet {
namespace {

// The output function of splitmix64 (Steele, Lea, Flood 2014; constants by Stafford).
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;

// Natural logarithm of a positive normal number by basic arithmetic alone, so that it does not
// depend on the C library: x = m 2^e, log m = 2 atanh((m - 1) / (m + 1)) with m near 1.
double log_portable(double x) noexcept {
  constexpr double ln2 = 0.693147180559945309417;
  constexpr std::uint64_t fraction = (std::uint64_t{1} << 52) - 1, one = std::uint64_t{1023} << 52;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto e = static_cast<double>(static_cast<int>(bits >> 52) - 1023);
  double m = std::bit_cast<double>((bits & fraction) | one);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    e += 1;
  }
  const double t = (m - 1) / (m + 1), t2 = t * t;
  double sum = 0;
  for (int k = 23; k >= 1; k -= 2) sum = sum * t2 + 1.0 / k;
  return e * ln2 + 2 * t * sum;
}

double polynomial(const double (&c)[8], double x) noexcept {
  double sum = c[7];
  for (int i = 6; i >= 0; --i) sum = sum * x + c[i];
  return sum;
}

// Inverse of the normal distribution function, 0 < p < 1; relative error about 1e-16.
// M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), routine PPND16.
double normal_quantile(double p) noexcept {
  static constexpr double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                  1.9715909503065514427e3, 1.3731693765509461125e4,
                                  4.5921953931549871457e4, 6.7265770927008700853e4,
                                  3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double b[8] = {1,
                                  4.2313330701600911252e1,
                                  6.8718700749205790830e2,
                                  5.3941960214247511077e3,
                                  2.1213794301586595867e4,
                                  3.9307895800092710610e4,
                                  2.8729085735721942674e4,
                                  5.2264952788528545610e3};
  static constexpr double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                  5.76949722146069140550e0,  3.64784832476320460504e0,
                                  1.27045825245236838258e0,  2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[8] = {1,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  static constexpr double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                  1.78482653991729133580e0,  2.96560571828504891230e-1,
                                  2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                  2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[8] = {1,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double r = std::sqrt(-log_portable(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
                          : polynomial(e, r - 5) / polynomial(f, r - 5);
  return q < 0 ? -x : x;
}

}  // namespace

std::uint64_t random_u64(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) noexcept {
  const std::uint64_t key = mix(seed + golden) ^ mix(stream + 2 * golden);
  const std::uint64_t key2 = mix(seed ^ std::rotl(mix(stream + 3 * golden), 32));
  return mix(mix(key + index * golden) + key2);
}

double Random::uniform() noexcept {
  return static_cast<double>(next_u64() >> 11) * 0x1p-53;
}

double Random::normal() noexcept {
  return normal_quantile((static_cast<double>(next_u64() >> 12) + 0.5) * 0x1p-52);
}

std::uint64_t Random::below(std::uint64_t n) noexcept {
  // The largest multiple of n: values at or above it would favour small results.
  const std::uint64_t excess = (UINT64_MAX % n + 1) % n;
  for (;;) {
    const std::uint64_t u = next_u64();
    if (u <= UINT64_MAX - excess) return u % n;
  }
}

}  // namespace octet

#include "layers/init.h"

#include <cmath>

namespace octet {
namespace {

/// The n-th value of splitmix64 started at `seed` (Steele, Lea & Flood 2014).
std::uint64_t splitmix64(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

Tensor Init::uniform(const Shape& shape, double bound) {
  Tensor t = Tensor::empty(shape);
  for (real& v : t.span<real>()) {
    const double unit = static_cast<double>(splitmix64(seed_, drawn_++) >> 11) * 0x1p-53;
    v = static_cast<real>((2 * unit - 1) * bound);
  }
  return t;
}

Tensor Init::kaiming_uniform(const Shape& shape, std::int64_t fan_in) {
  OCTET_CHECK(fan_in > 0, "kaiming_uniform: expected fan_in > 0, got ", fan_in);
  return uniform(shape, 1 / std::sqrt(static_cast<double>(fan_in)));
}

}  // namespace octet

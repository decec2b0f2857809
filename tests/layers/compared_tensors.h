// Tensors to compare networks on.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>

#include "core/tensor.h"

namespace octet::test {

inline Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::normal_distribution<double> normal;
  Tensor t = Tensor::empty(shape);
  for (real& v : t.span<real>()) v = static_cast<real>(normal(rng));
  return t;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace octet::test

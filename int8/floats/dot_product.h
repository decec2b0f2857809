// Sums of products of floats, in an order that compilers turn into vectors without changing it.
#pragma once

#include <cstdint>

namespace octet::int8::floats {

/// Sixteen partial sums, to which products are added in turn, and their total, halves to halves:
/// the same bits on every machine.
class DotProduct {
 public:
  void add(const float* a, const float* b, std::int64_t n) noexcept {
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
      for (int l = 0; l < lanes; ++l) sums_[l] += a[i + l] * b[i + l];
    }
    for (int l = 0; i < n; ++i, ++l) sums_[l] += a[i] * b[i];
  }
  /// Of what was added so far.
  float total() const noexcept {
    float folded[lanes];
    for (int l = 0; l < lanes; ++l) folded[l] = sums_[l];
    for (int half = lanes / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; ++l) folded[l] += folded[l + half];
    }
    return folded[0];
  }

 private:
  static constexpr int lanes = 16;
  float sums_[lanes] = {};
};

}  // namespace octet::int8::floats

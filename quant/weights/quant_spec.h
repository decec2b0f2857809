// How the reals of a tensor become codes.
#pragma once

#include <cstdint>
#include <optional>

namespace octet::quant {

/// How a scale is chosen.
enum class ScaleMethod : std::uint8_t {
  min_max,  ///< the smallest that covers every value
};

/// Bits, symmetry and scales of a tensor's codes.
struct QuantSpec {
  int bits = 8;
  /// Zero point 0, and as many codes above it as below; else a zero point of its own and 2^bits
  /// codes.
  bool symmetric = true;
  /// The dimension whose indices have scales of their own; unset: one scale for all.
  std::optional<int> axis = 0;
  ScaleMethod method = ScaleMethod::min_max;

  /// Of weights [O, ...].
  static QuantSpec per_channel() { return {}; }
  static QuantSpec per_tensor() { return {.axis = std::nullopt}; }
  static QuantSpec activation() { return {.symmetric = false, .axis = std::nullopt}; }

  int highest() const noexcept { return (1 << (bits - 1)) - 1; }
  int lowest() const noexcept { return symmetric ? -highest() : -highest() - 1; }
  bool operator==(const QuantSpec&) const = default;
};

}  // namespace octet::quant

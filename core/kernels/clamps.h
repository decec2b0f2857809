// The functions of relu, relu6 and hard_tanh, for loops that are compiled for several instruction
// sets. The gradient passes where the result is inside the open range. Not for users of the
// library.
#pragma once

#include "base/simd/simd.h"
#include "core/real.h"

namespace octet {

/// `none` leaves values as they are.
enum class Clamp { none, relu, relu6, hard_tanh };

// NaN stays NaN.
template <Clamp clamp>
OCTET_INLINE real clamped(real v) {
  if constexpr (clamp == Clamp::none) return v;
  constexpr real lo = clamp == Clamp::hard_tanh ? -1 : 0, hi = clamp == Clamp::relu6 ? 6 : 1;
  const real low = v < lo ? lo : v;
  if constexpr (clamp == Clamp::relu) return low;
  return low > hi ? hi : low;
}

/// Of the value in front of the clamp or behind it. False for NaN.
template <Clamp clamp>
OCTET_INLINE bool inside(real v) {
  if constexpr (clamp == Clamp::none) return true;
  constexpr real lo = clamp == Clamp::hard_tanh ? -1 : 0, hi = clamp == Clamp::relu6 ? 6 : 1;
  if constexpr (clamp == Clamp::relu) return v > lo;
  return (v > lo) & (v < hi);
}

}  // namespace octet

// The passes over one output channel of a weight that make its codes.
#pragma once

#include <cstdint>

#include "base/simd/isa.h"
#include "core/tensor.h"

namespace octet::quant {

/// max |w|; not finite if a weight is not.
float largest_magnitude(Isa isa, const real* w, std::int64_t n) noexcept;

struct ChannelToEncode {
  const real* w;
  std::int64_t n;
  float factor, scale;
  std::int8_t* codes;
};
/// codes = round_half_away(w factor / scale). Requires quotients of at most 127 after rounding.
void encode_channel(Isa isa, const ChannelToEncode& channel) noexcept;

std::int64_t sum_magnitudes(Isa isa, const std::int8_t* codes, std::int64_t n) noexcept;

}  // namespace octet::quant

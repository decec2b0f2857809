// Copies of few bytes, whose number is known at run time only: without a call, where memcpy would
// cost more than it moves.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace octet::int8 {

/// x and y must not overlap.
inline void copy_codes(std::int8_t* y, const std::int8_t* x, std::int64_t n) noexcept {
  // Two blocks of a fixed size, which may overlap, cover n of one to two blocks.
  const auto covered = [&]<int block>(std::integral_constant<int, block>) {
    std::memcpy(y, x, block);
    std::memcpy(y + n - block, x + n - block, block);
  };
  if (n > 128) {
    std::memcpy(y, x, static_cast<std::size_t>(n));
  } else if (n > 64) {
    covered(std::integral_constant<int, 64>{});
  } else if (n > 32) {
    covered(std::integral_constant<int, 32>{});
  } else if (n >= 16) {
    covered(std::integral_constant<int, 16>{});
  } else if (n >= 8) {
    covered(std::integral_constant<int, 8>{});
  } else if (n >= 4) {
    covered(std::integral_constant<int, 4>{});
  } else {
    for (std::int64_t i = 0; i < n; ++i) y[i] = x[i];
  }
}

}  // namespace octet::int8

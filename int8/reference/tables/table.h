// Unary int8 ops as 256-entry tables: the integer formula runs when a model is prepared, a look-up
// when it is executed.
#pragma once

#include <array>
#include <cstdint>

#include "int8/reference/activation_range.h"

namespace octet::int8 {

/// Output code of input code q at index q + 128.
using Table = std::array<std::int8_t, 256>;

/// A unary op on all input codes: what its integer formula gives before the clamp, zero point
/// included, and the clamp. Training also needs where the clamp acts.
struct UnaryCodes {
  std::array<std::int32_t, 256> preclamp{};  ///< of input code q at index q + 128
  ClampRange range;
  Table table() const noexcept;
};

/// f(q) for q in [-128, 127]; f returns the code before the clamp.
template <class F>
UnaryCodes tabulate(const F& f, ClampRange range = {}) {
  UnaryCodes codes{.range = range};
  for (int q = -128; q <= 127; ++q) codes.preclamp[static_cast<std::size_t>(q + 128)] = f(q);
  return codes;
}

/// y[i] = table[x[i] + 128], portable. y may be x.
using LookupFunction = void(const Table& table, const std::int8_t* x, std::int8_t* y,
                            std::int64_t n) noexcept;
LookupFunction lookup;

}  // namespace octet::int8

// Logistic function and tanh of 16-bit codes, as the gates of LSTM have them: a table of the
// logistic function and straight lines between its points.
#pragma once

#include <array>
#include <cstdint>

namespace octet::int8 {

/// round(2^16 / (1 + exp(-i / 24))), with the 44 entries one higher that the format's table has.
using SigmoidTable = std::array<std::uint16_t, 256>;
const SigmoidTable& sigmoid_table() noexcept;

/// Of x in Q3.12, to Q0.15.
std::int16_t logistic_16(const SigmoidTable& table, std::int16_t x) noexcept;

/// x of scale 2^power, -24 <= power <= -1, to Q0.15.
std::int16_t tanh_16(const SigmoidTable& table, std::int16_t x, int power) noexcept;

}  // namespace octet::int8

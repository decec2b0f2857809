#include "int8/reference/wide_sigmoids.h"

#include "int8/reference/real_functions.h"

namespace octet::int8 {
namespace {

/// Bit i % 64 of word i / 64: entry i is one above the rounded value.
constexpr std::uint64_t one_more[] = {0xc0467baefa7bd110u, 0x11009020440005u, 0x80u,
                                      0x8000000000000000u};

SigmoidTable make_table() noexcept {
  SigmoidTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double value = 65536 / (1 + exp_of(-static_cast<double>(i) / 24));
    table[i] = static_cast<std::uint16_t>(static_cast<std::int32_t>(value + 0.5) +
                                          static_cast<int>(one_more[i / 64] >> (i % 64) & 1));
  }
  return table;
}

/// The table at |x| in steps of 2^-bits, with so many bits more than the table has; what is beyond
/// the table is `beyond`.
std::int32_t interpolate(const SigmoidTable& table, std::int32_t x, int bits,
                         std::int32_t beyond) noexcept {
  const auto magnitude = static_cast<std::uint32_t>(x < 0 ? -x : x);
  const std::uint32_t i = magnitude >> bits;
  if (i >= 255) return beyond << bits;
  const std::uint32_t part = magnitude & ((1u << bits) - 1), low = table[i];
  return static_cast<std::int32_t>((low << bits) + part * (table[i + 1] - low));
}

}  // namespace

const SigmoidTable& sigmoid_table() noexcept {
  static const SigmoidTable table = make_table();
  return table;
}

std::int16_t logistic_16(const SigmoidTable& table, std::int16_t x) noexcept {
  const std::int32_t scaled = x * 3;
  const std::int32_t y = interpolate(table, scaled, 9, 0x7fff * 2);
  // Q25 to Q15, rounded
  const std::int32_t q25 = scaled >= 0 ? y + (1 << 9) : (1 << 25) - y + (1 << 9) - 1;
  return static_cast<std::int16_t>(q25 >> 10);
}

std::int16_t tanh_16(const SigmoidTable& table, std::int16_t x, int power) noexcept {
  const int shift = 12 + power;
  const std::int32_t scaled =
      shift >= 0 ? x * (3 << shift) : (x * 3 + (1 << (-shift - 1))) >> -shift;
  const std::int32_t y = interpolate(table, scaled, 8, 0xffff);
  constexpr std::int32_t half = 1 << 23, rounding = 1 << 7;
  const std::int32_t q23 = scaled >= 0 ? y - half + rounding : half - y + rounding - 1;
  return static_cast<std::int16_t>(q23 >> 8);
}

}  // namespace octet::int8

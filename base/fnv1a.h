// FNV-1a, 64 bits: a hash of contents for files and data sets. Not cryptographic; any change of a
// single byte changes it. Source: Fowler, Noll, Vo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace octet {

/// FNV-1a of 64 bits, piece by piece: a hash against accidents, not attackers.
class Fnv1a {
 public:
  Fnv1a& add(std::span<const std::byte> bytes) noexcept {
    for (std::byte b : bytes) hash_ = (hash_ ^ std::to_integer<std::uint64_t>(b)) * prime;
    return *this;
  }
  /// The lowest `bytes` bytes of `value`, lowest first.
  Fnv1a& add(std::uint64_t value, int bytes = 8) noexcept {
    for (int i = 0; i < bytes; ++i) hash_ = (hash_ ^ ((value >> (8 * i)) & 0xff)) * prime;
    return *this;
  }
  std::uint64_t value() const noexcept { return hash_; }

 private:
  static constexpr std::uint64_t prime = 0x100000001b3ULL;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

/// 16 hexadecimal digits.
inline std::string hash_text(std::uint64_t hash) {
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4) text[i] = "0123456789abcdef"[hash & 15];
  return text;
}

}  // namespace octet

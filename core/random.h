// Random numbers as a function of (seed, stream, index): nothing to save but the key, and the same
// on every machine. Standard library only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace octet {

/// The index-th number of a stream: a bijective mixing of a counter under a 128-bit key.
std::uint64_t random_u64(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) noexcept;

/// Draws consecutive numbers of a stream. Streams of one seed are independent; number them by what
/// they are for (parameter, epoch, sample). Every draw takes one index, except below().
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t index = 0) noexcept
      : seed_(seed), stream_(stream), index_(index) {}

  std::uint64_t next_u64() noexcept { return random_u64(seed_, stream_, index_++); }
  /// In [0, 1), a multiple of 2^-53.
  double uniform() noexcept;
  double uniform(double lo, double hi) noexcept { return lo + (hi - lo) * uniform(); }
  /// Standard normal, by inversion of the distribution function in plain arithmetic.
  double normal() noexcept;
  /// Uniform in [0, n), unbiased. Requires n > 0. May take more than one index.
  std::uint64_t below(std::uint64_t n) noexcept;
  /// A uniform permutation (Fisher and Yates).
  template <class T>
  void shuffle(std::span<T> values) noexcept {
    for (std::size_t i = values.size(); i > 1; --i) {
      using std::swap;
      swap(values[i - 1], values[static_cast<std::size_t>(below(i))]);
    }
  }

  std::uint64_t index() const noexcept { return index_; }

 private:
  std::uint64_t seed_, stream_, index_;
};

}  // namespace octet

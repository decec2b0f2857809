// Loops over matrices [rows, channels] with per-channel constants, for any number of channels: a
// few rows are taken together as one wide row whose length is a multiple of 16 and not too short,
// and the constants are repeated to that length.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>

#include "core/memory_pool.h"

namespace octet {

struct WideRows {
  explicit WideRows(std::int64_t row) : channels(row) {
    constexpr std::int64_t vector = 16, least = 64;
    const std::int64_t step = vector / std::gcd(vector, channels);
    repeat = (least + step * channels - 1) / (step * channels) * step;
    width = repeat * channels;
  }

  /// Rows for one call of a kernel: whole wide rows that stay in the first-level cache.
  std::int64_t rows_per_call() const noexcept {
    constexpr std::int64_t elements = 2048;
    return (elements + width - 1) / width * repeat;
  }

  template <class T>
  PoolVector<T> repeated(Pool& pool, std::span<const T> per_channel) const {
    PoolVector<T> wide(pool);
    wide.reserve(static_cast<std::size_t>(width));
    for (std::int64_t i = 0; i < repeat; ++i) {
      wide.insert(wide.end(), per_channel.begin(), per_channel.end());
    }
    return wide;
  }

  std::int64_t channels, repeat, width;
};

}  // namespace octet

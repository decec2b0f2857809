// Sums of codes over a ReductionLayout.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "int8/reference/reduction.h"

namespace octet::int8 {

/// Calls f(sum) for each result of begin .. end - 1, channel by channel; `x` is the sample.
template <class F>
void for_each_sum(const ReductionLayout& l, const std::int8_t* x, std::int64_t begin,
                  std::int64_t end, const F& f) noexcept {
  std::array<std::int32_t, 64> sum;
  const auto width = static_cast<std::int64_t>(sum.size());
  for (std::int64_t k = begin; k < end; ++k) {
    for (std::int64_t c = 0; c < l.inner; c += width) {
      const std::int64_t n = std::min(width, l.inner - c);
      sum.fill(0);
      for (const std::int64_t offset : l.reduced) {
        const std::int8_t* row = x + l.kept[static_cast<std::size_t>(k)] + offset + c;
        for (std::int64_t r = 0; r < l.run; ++r, row += l.run_stride) {
          for (std::int64_t i = 0; i < n; ++i) sum[static_cast<std::size_t>(i)] += row[i];
        }
      }
      for (std::int64_t i = 0; i < n; ++i) f(sum[static_cast<std::size_t>(i)]);
    }
  }
}

}  // namespace octet::int8

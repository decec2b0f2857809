#include <algorithm>
#include <array>

#include "base/simd/simd.h"
#include "core/kernels/common.h"
#include "core/kernels/conv/kernels.h"

namespace octet {
namespace {

constexpr std::int64_t lanes = 64;  // channels added at once

struct Tap {
  const real* sums;  // of the first partial; the others follow at `next`
  std::int64_t partials, next, channels;
  real* total;
};

OCTET_INLINE void tap_body(const Tap& a) noexcept {
  for (std::int64_t c = 0; c < a.channels; ++c) a.total[c] = 0;
  for (std::int64_t p = 0; p < a.partials; ++p) {
    const real* sums = a.sums + p * a.next;
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < a.channels; ++c) a.total[c] += sums[c];
  }
}
OCTET_SIMD_FUNCTION(add_tap, tap_body, const Tap&)

}  // namespace

void add_partial_sums(Context& ctx, const PartialSums& p, std::int64_t channels, real* dw,
                      real beta) {
  // A block of taps, then of channels: the places written to stay in the first-level cache.
  constexpr std::int64_t taps = 16;
  const auto add = add_tap(ctx.isa);
  for_items(ctx, ceil_div(p.depth, taps), taps * p.partials * p.width, [&](std::int64_t item) {
    const std::int64_t end = std::min(p.depth, (item + 1) * taps);
    std::array<real, lanes> total;
    for (std::int64_t c = 0; c < channels; c += lanes) {
      const std::int64_t n = std::min(lanes, channels - c);
      for (std::int64_t k = item * taps; k < end; ++k) {
        add({p.sums + k * p.width + c, p.partials, p.depth * p.width, n, total.data()});
        for (std::int64_t i = 0; i < n; ++i) {
          real& to = dw[(c + i) * p.depth + k];
          const real sum = total[static_cast<std::size_t>(i)];
          to = beta == 0 ? sum : to + sum;
        }
      }
    }
  });
}

}  // namespace octet

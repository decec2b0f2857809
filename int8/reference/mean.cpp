#include "int8/reference/mean.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/reduction_sums.h"

namespace octet::int8 {

namespace {

constexpr const char* rescale = "input scale / output scale";

Multiplier whole_multiplier(float s_in, float s_out, std::int64_t count, Rounding rounding) {
  OCTET_CHECK(count >= 1 && count <= 1 << 22, "expected to reduce 1 to 2^22 elements, got ", count);
  return checked_multiplier(static_cast<double>(s_in) / static_cast<double>(s_out), rounding,
                            rescale);
}

MeanParams make_params(Multiplier m, std::int32_t z_in, std::int32_t z_out, std::int64_t count,
                       Rounding rounding) {
  check_no_overflow(255 * count, m, rescale);
  return {.offset = static_cast<std::int32_t>(z_in * count),
          .z_out = z_out,
          .m = m,
          .rounding = rounding};
}

}  // namespace

MeanParams make_mean_params(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                            std::int64_t count, Rounding rounding) {
  const Multiplier whole = whole_multiplier(s_in, s_out, count, rounding);
  const int log2_count = std::bit_width(static_cast<std::uint64_t>(count)) - 1;
  const int t = std::min({log2_count, 32, 31 + whole.shift});
  const Multiplier divided{static_cast<std::int32_t>((std::int64_t{whole.m} << t) / count),
                           whole.shift - t};
  return make_params(divided, z_in, z_out, count, rounding);
}

MeanParams make_sum_params(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                           std::int64_t count, Rounding rounding) {
  return make_params(whole_multiplier(s_in, s_out, count, rounding), z_in, z_out, count, rounding);
}

void mean(const MeanParams& params, const ReductionLayout& layout, const std::int8_t* x,
          std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept {
  for_each_sum(layout, x, begin, end,
               [&](std::int32_t sum) { *y++ = clamp_to_int8(mean_preclamp(params, sum)); });
}

}  // namespace octet::int8

#include "int8/reference/spatial.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"

namespace octet::int8 {

Extent spatial_extent(const Window& w, const char* axis) {
  const auto positive = [&](int v, const char* what) {
    OCTET_CHECK(v >= 1, what, " (", axis, "): expected at least 1, got ", v);
  };
  positive(w.in, "input size");
  positive(w.kernel, "filter size");
  positive(w.stride, "stride");
  positive(w.dilation, "dilation");
  constexpr std::int64_t limit = std::int64_t{1} << 30;
  const std::int64_t k = (std::int64_t{w.kernel} - 1) * w.dilation + 1;
  const std::int64_t in = std::int64_t{w.in} + w.before + w.after, stride = w.stride;
  OCTET_CHECK(k < limit && stride < limit && in < limit, "window (", axis,
              "): expected sizes below 2^30, got input ", in, ", dilated filter ", k, ", stride ",
              stride);
  const std::int64_t out = w.padding == Padding::same ? (in + stride - 1) / stride
                           : in >= k                  ? (in + stride - k) / stride
                                                      : 0;
  OCTET_CHECK(out >= 1, "window (", axis, "): a filter of ", k, " does not fit into ", in);
  const std::int64_t pad = std::max<std::int64_t>(0, (out - 1) * stride + k - in) / 2;
  return {static_cast<int>(out), static_cast<int>(pad) + w.before};
}

Range rows_read(Range outputs, const Window& w) noexcept {
  const std::int64_t span = (std::int64_t{w.kernel} - 1) * w.dilation + 1;
  const std::int64_t begin = outputs.begin * w.stride - w.before;
  const std::int64_t end = (outputs.end - 1) * w.stride - w.before + span;
  return {std::clamp<std::int64_t>(begin, 0, w.in), std::clamp<std::int64_t>(end, 0, w.in)};
}

}  // namespace octet::int8

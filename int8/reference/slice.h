// Which elements of one dimension a slice takes.
#pragma once

#include <algorithm>
#include <cstdint>

namespace octet::int8 {

/// Elements begin, begin + stride, ... `count` of them.
struct AxisSlice {
  std::int64_t begin = 0, stride = 1, count = 0;
};

/// STRIDED_SLICE from `begin` to `end`, exclusive, of `size` elements: negative indices count from
/// the end, all are clamped. With `whole_begin` or `whole_end` from or to the edge. `stride` != 0.
constexpr AxisSlice axis_slice(std::int64_t begin, std::int64_t end, std::int64_t stride,
                               std::int64_t size, bool whole_begin, bool whole_end) {
  const std::int64_t least = stride > 0 ? 0 : -1, greatest = stride > 0 ? size : size - 1;
  const auto bound = [&](std::int64_t v) {
    return std::clamp(v < 0 ? v + size : v, least, greatest);
  };
  const std::int64_t first = whole_begin ? (stride > 0 ? 0 : size - 1) : bound(begin);
  const std::int64_t last = whole_end ? (stride > 0 ? size : -1) : bound(end);
  const std::int64_t span = stride > 0 ? last - first : first - last;
  const std::int64_t step = stride > 0 ? stride : -stride;
  return {first, stride, span > 0 ? (span + step - 1) / step : 0};
}

}  // namespace octet::int8

// ARG_MAX and ARG_MIN along one axis.
#pragma once

#include <cstdint>

namespace octet::int8 {

/// y[c] = the first i of 0 .. depth - 1 for which x[i * inner + c] is the largest or smallest.
using ArgFunction = void(const std::int8_t* x, std::int64_t depth, std::int64_t inner,
                         std::int32_t* y) noexcept;
ArgFunction arg_max, arg_min;

}  // namespace octet::int8

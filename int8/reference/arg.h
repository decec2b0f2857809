// ARG_MAX and ARG_MIN along one axis.
#pragma once

#include <cstddef>
#include <cstdint>

#include "int8/graph/graph.h"

namespace octet::int8 {

/// y[c] = the first i of 0 .. depth - 1 for which x[i * inner + c] is the largest or smallest.
using ArgFunction = void(const std::byte* x, std::int64_t depth, std::int64_t inner,
                         std::byte* y) noexcept;

/// Of values of type i8 or f32, to indices of type i32 or i64.
ArgFunction* find_arg(DType values, DType indices, bool largest) noexcept;

}  // namespace octet::int8

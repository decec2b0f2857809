// ARG_MAX and ARG_MIN along one axis.
#pragma once

#include <cstdint>

namespace octet::int8 {

/// y[c] = the first i of 0 .. depth - 1 for which x[i * inner + c] is the largest or smallest. For
/// X of int8 and float, Index of int32 and int64.
template <class X, class Index>
void arg_max(const X* x, std::int64_t depth, std::int64_t inner, Index* y) noexcept;
template <class X, class Index>
void arg_min(const X* x, std::int64_t depth, std::int64_t inner, Index* y) noexcept;

}  // namespace octet::int8

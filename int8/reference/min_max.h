// MINIMUM and MAXIMUM, REDUCE_MIN and REDUCE_MAX: all inputs and the output share scale and zero
// point.
#pragma once

#include <cstdint>

#include "int8/reference/reduction.h"

namespace octet::int8 {

struct NoParams {};

/// y[i] = min or max of a[i] and b[i], portable. y may be a or b.
using MinMaxFunction = void(const NoParams&, const std::int8_t* a, const std::int8_t* b,
                            std::int8_t* y, std::int64_t n) noexcept;
MinMaxFunction minimum, maximum;

/// y[k, c] = the smallest or largest of its codes, for k of begin .. end - 1: x is the sample, y
/// the first result. `pick` is minimum or maximum, or a kernel of it.
using ReducePickFunction = void(const ReductionLayout& layout, MinMaxFunction& pick,
                                const std::int8_t* x, std::int64_t begin, std::int64_t end,
                                std::int8_t* y) noexcept;
ReducePickFunction reduce_min, reduce_max;

}  // namespace octet::int8

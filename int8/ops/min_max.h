// MINIMUM and MAXIMUM of codes: both inputs and the output share scale and zero point.
#pragma once

#include <cstdint>

#include "int8/kernels/isa.h"
#include "int8/kernels/kernel.h"

namespace octet::int8 {

struct NoParams {};

/// y[i] = min or max of a[i] and b[i], portable. y may be a or b.
using MinMaxFunction = void(const NoParams&, const std::int8_t* a, const std::int8_t* b,
                            std::int8_t* y, std::int64_t n) noexcept;
MinMaxFunction minimum, maximum;

/// The best kernels for `isa`.
Kernel<MinMaxFunction> minimum_kernel(Isa isa) noexcept;
Kernel<MinMaxFunction> maximum_kernel(Isa isa) noexcept;

}  // namespace octet::int8

// MINIMUM and MAXIMUM of codes: both inputs and the output share scale and zero point.
#pragma once

#include <cstdint>

namespace octet::int8 {

struct NoParams {};

/// y[i] = min or max of a[i] and b[i], portable. y may be a or b.
using MinMaxFunction = void(const NoParams&, const std::int8_t* a, const std::int8_t* b,
                            std::int8_t* y, std::int64_t n) noexcept;
MinMaxFunction minimum, maximum;

}  // namespace octet::int8

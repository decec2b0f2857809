// Int8 codes of reals, as the backward of quantized layers reads them.
#pragma once

#include <cstdint>

#include "base/simd/isa.h"
#include "core/real.h"

namespace octet {

/// out[i] = scale * (codes[i] - zero_point)
void dequantize(Isa isa, const std::int8_t* codes, std::int64_t n, real scale,
                std::int32_t zero_point, real* out) noexcept;

}  // namespace octet

// Transposing bytes, 16 rows at a time.
#pragma once

#include <cstdint>

namespace octet::int8 {

inline constexpr std::int64_t transpose_tile = 16;

/// y[c * y_stride + r] = x[r * x_stride + c] for r < rows <= 16 and c < columns.
void transpose_band(const std::int8_t* x, std::int64_t x_stride, std::int64_t rows,
                    std::int64_t columns, std::int8_t* y, std::int64_t y_stride) noexcept;

}  // namespace octet::int8

#include "int8/kernels/transpose_tile.h"

#include <algorithm>
#include <cstring>

namespace octet::int8 {
namespace {

// 16 bytes of any architecture's: the compiler turns zip into its interleaving instructions.
typedef std::int8_t Bytes __attribute__((vector_size(16)));

inline Bytes zip_low(Bytes a, Bytes b) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#else
  return __builtin_shuffle(a, b, Bytes{0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23});
#endif
}
inline Bytes zip_high(Bytes a, Bytes b) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                 31);
#else
  return __builtin_shuffle(a, b,
                           Bytes{8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31});
#endif
}

/// 16 x 16. Zipping row i with row i + 8 rotates the bits of (row, column) by one: four times give
/// (column, row).
inline void transpose_square(const std::int8_t* x, std::int64_t x_stride, std::int8_t* y,
                             std::int64_t y_stride) noexcept {
  Bytes a[16], b[16];
  for (int i = 0; i < 16; ++i) std::memcpy(&a[i], x + i * x_stride, 16);
  const auto zip = [](const Bytes* from, Bytes* to) {
    for (int i = 0; i < 8; ++i) {
      to[2 * i] = zip_low(from[i], from[i + 8]);
      to[2 * i + 1] = zip_high(from[i], from[i + 8]);
    }
  };
  zip(a, b);
  zip(b, a);
  zip(a, b);
  zip(b, a);
  for (int i = 0; i < 16; ++i) std::memcpy(y + i * y_stride, &a[i], 16);
}

}  // namespace

void transpose_band(const std::int8_t* x, std::int64_t x_stride, std::int64_t rows,
                    std::int64_t columns, std::int8_t* y, std::int64_t y_stride) noexcept {
  std::int64_t c = 0;
  if (rows == transpose_tile) {
    for (; c + transpose_tile <= columns; c += transpose_tile) {
      transpose_square(x + c, x_stride, y + c * y_stride, y_stride);
    }
  }
  // What is not a full tile goes through one.
  std::int8_t from[transpose_tile * transpose_tile] = {}, to[transpose_tile * transpose_tile];
  for (; c < columns; c += transpose_tile) {
    const std::int64_t n = std::min(transpose_tile, columns - c);
    for (std::int64_t r = 0; r < rows; ++r) {
      std::memcpy(from + r * transpose_tile, x + r * x_stride + c, static_cast<std::size_t>(n));
    }
    transpose_square(from, transpose_tile, to, transpose_tile);
    for (std::int64_t i = 0; i < n; ++i) {
      std::memcpy(y + (c + i) * y_stride, to + i * transpose_tile, static_cast<std::size_t>(rows));
    }
  }
}

}  // namespace octet::int8

#include "int8/reference/min_max.h"

#include <algorithm>

namespace octet::int8 {

void minimum(const NoParams&, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
             std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::min(a[i], b[i]);
}

void maximum(const NoParams&, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
             std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::max(a[i], b[i]);
}

}  // namespace octet::int8

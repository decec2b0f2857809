#include "int8/reference/arg.h"

namespace octet::int8 {
namespace {

template <class Beats>
void arg(const std::int8_t* x, std::int64_t depth, std::int64_t inner, std::int32_t* y,
         const Beats& beats) noexcept {
  for (std::int64_t c = 0; c < inner; ++c, ++x) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < depth; ++i) {
      if (beats(x[i * inner], x[best * inner])) best = i;
    }
    y[c] = static_cast<std::int32_t>(best);
  }
}

}  // namespace

void arg_max(const std::int8_t* x, std::int64_t depth, std::int64_t inner,
             std::int32_t* y) noexcept {
  arg(x, depth, inner, y, [](std::int8_t a, std::int8_t b) { return a > b; });
}

void arg_min(const std::int8_t* x, std::int64_t depth, std::int64_t inner,
             std::int32_t* y) noexcept {
  arg(x, depth, inner, y, [](std::int8_t a, std::int8_t b) { return a < b; });
}

}  // namespace octet::int8

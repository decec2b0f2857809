#include "int8/reference/arg.h"

namespace octet::int8 {
namespace {

template <class X, class Index, bool largest>
void arg(const std::byte* values, std::int64_t depth, std::int64_t inner,
         std::byte* indices) noexcept {
  const auto* x = reinterpret_cast<const X*>(values);
  auto* y = reinterpret_cast<Index*>(indices);
  for (std::int64_t c = 0; c < inner; ++c, ++x) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < depth; ++i) {
      const X a = x[i * inner], b = x[best * inner];
      if (largest ? a > b : a < b) best = i;
    }
    y[c] = static_cast<Index>(best);
  }
}

template <class X, class Index>
ArgFunction* of_types(bool largest) noexcept {
  return largest ? arg<X, Index, true> : arg<X, Index, false>;
}

}  // namespace

ArgFunction* find_arg(DType values, DType indices, bool largest) noexcept {
  const bool wide = indices == DType::i64;
  if (values == DType::f32) {
    return wide ? of_types<float, std::int64_t>(largest) : of_types<float, std::int32_t>(largest);
  }
  return wide ? of_types<std::int8_t, std::int64_t>(largest)
              : of_types<std::int8_t, std::int32_t>(largest);
}

}  // namespace octet::int8

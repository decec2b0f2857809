#include "int8/reference/arg.h"

namespace octet::int8 {
namespace {

template <class X, class Index, class Beats>
void arg(const X* x, std::int64_t depth, std::int64_t inner, Index* y,
         const Beats& beats) noexcept {
  for (std::int64_t c = 0; c < inner; ++c, ++x) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < depth; ++i) {
      if (beats(x[i * inner], x[best * inner])) best = i;
    }
    y[c] = static_cast<Index>(best);
  }
}

}  // namespace

template <class X, class Index>
void arg_max(const X* x, std::int64_t depth, std::int64_t inner, Index* y) noexcept {
  arg(x, depth, inner, y, [](X a, X b) { return a > b; });
}

template <class X, class Index>
void arg_min(const X* x, std::int64_t depth, std::int64_t inner, Index* y) noexcept {
  arg(x, depth, inner, y, [](X a, X b) { return a < b; });
}

#define OCTET_ARG(X, Index)                                                               \
  template void arg_max<X, Index>(const X*, std::int64_t, std::int64_t, Index*) noexcept; \
  template void arg_min<X, Index>(const X*, std::int64_t, std::int64_t, Index*) noexcept;
OCTET_ARG(std::int8_t, std::int32_t)
OCTET_ARG(std::int8_t, std::int64_t)
OCTET_ARG(float, std::int32_t)
OCTET_ARG(float, std::int64_t)
#undef OCTET_ARG

}  // namespace octet::int8

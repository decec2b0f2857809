// Requantizing with AVX2.
#include "quant/kernels/requantize_kernel.h"

#if defined(__x86_64__)
#include <algorithm>

#include "quant/kernels/rounding_avx2.h"

namespace octet::quant {

namespace {

using namespace avx2;
#include "quant/kernels/requantize.inc"

}  // namespace

// Copies of the arguments: else every store could change them.
OCTET_LANES_TARGET void requantize_single_avx2(const RequantizeSpan& span) noexcept {
  const RequantizeSpan s = span;
  requantize<SingleRounding>(s);
}
OCTET_LANES_TARGET void requantize_double_avx2(const RequantizeSpan& span) noexcept {
  const RequantizeSpan s = span;
  requantize<DoubleRounding>(s);
}

}  // namespace octet::quant
#endif

// Requantizing with AVX-512.
#include "quant/kernels/requantize_kernel.h"

#if defined(__x86_64__)
#include <algorithm>

#include "quant/kernels/rounding_avx512.h"

namespace octet::quant {

namespace {

using namespace avx512;
#include "quant/kernels/requantize.inc"

}  // namespace

OCTET_LANES_TARGET void requantize_single_avx512(const RequantizeSpan& s) noexcept {
  requantize<SingleRounding>(s);
}
OCTET_LANES_TARGET void requantize_double_avx512(const RequantizeSpan& s) noexcept {
  requantize<DoubleRounding>(s);
}

}  // namespace octet::quant
#endif

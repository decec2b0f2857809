// Addition in training with AVX2.
#include "quant/kernels/add_kernel.h"

#if defined(__x86_64__)
#include <limits>

#include "quant/kernels/rounding_avx2.h"

namespace octet::quant {

namespace {

using namespace avx2;
#include "quant/kernels/add.inc"

}  // namespace

OCTET_LANES_TARGET void masked_add_avx2(const AddSpan& span) noexcept {
  const AddSpan s = span;  // else every store could change it
  if (s.params.rounding == int8::Rounding::single_rounding) {
    masked_add<SingleRounding>(s);
  } else {
    masked_add<DoubleRounding>(s);
  }
}

}  // namespace octet::quant
#endif

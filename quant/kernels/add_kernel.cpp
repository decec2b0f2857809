#include "quant/kernels/add_kernel.h"

#include <algorithm>
#include <limits>

#include "base/simd/simd.h"
#include "int8/kernels/vec_rounding.h"

#define OCTET_VEC_INC "quant/kernels/add.inc"
#include "base/simd/each_vec.inc"

namespace octet::quant {

namespace {

void add_portable(const AddSpan& s) noexcept {
  std::int32_t lo = std::numeric_limits<std::int32_t>::max();
  std::int32_t hi = std::numeric_limits<std::int32_t>::min();
  for (std::int64_t i = 0; i < s.n; i += 8) {
    unsigned byte = 0;
    for (std::int64_t k = i; k < std::min(s.n, i + 8); ++k) {
      const std::int32_t p = int8::add_preclamp(s.params, s.a[k], s.b[k]);
      lo = std::min(lo, p);
      hi = std::max(hi, p);
      byte |= static_cast<unsigned>(p >= s.mask_lo && p <= s.params.range.hi) << (k - i);
      s.codes[k] = s.params.range.clamp(p);
    }
    s.mask[i / 8] = static_cast<std::uint8_t>(byte);
  }
  *s.min = lo;
  *s.max = hi;
}

constexpr Dispatch<MaskedAddKernel> kernels{OCTET_VEC_DISPATCH(add_portable, masked_add)};

}  // namespace

MaskedAddKernel masked_add_kernel(Isa isa) noexcept {
  return kernels(isa);
}

}  // namespace octet::quant

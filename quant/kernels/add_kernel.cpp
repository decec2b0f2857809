#include "quant/kernels/add_kernel.h"

#include <algorithm>
#include <limits>

#include "base/simd/simd.h"
#include "int8/kernels/vec_rounding.h"

#define OCTET_VEC_INC "quant/kernels/add.inc"
#include "base/simd/each_vec.inc"

namespace octet::quant {

namespace {

std::int32_t code_of(const int8::AddParams& p, std::int8_t a, std::int8_t b) noexcept {
  return int8::preclamp(p, a, b);
}
std::int32_t code_of(const int8::xnnpack::FloatAddParams& p, std::int8_t a,
                     std::int8_t b) noexcept {
  return int8::xnnpack::preclamp(p, a, b);
}

template <class Params>
void add_portable(const AddSpan<Params>& s) noexcept {
  std::int32_t lo = std::numeric_limits<std::int32_t>::max();
  std::int32_t hi = std::numeric_limits<std::int32_t>::min();
  for (std::int64_t i = 0; i < s.n; i += 8) {
    unsigned byte = 0;
    for (std::int64_t k = i; k < std::min(s.n, i + 8); ++k) {
      const std::int32_t p = code_of(s.params, s.a[k], s.b[k]);
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

constexpr Dispatch<MaskedAddKernel<int8::AddParams>> kernels{
    OCTET_VEC_DISPATCH(add_portable<int8::AddParams>, masked_add)};
constexpr Dispatch<MaskedAddKernel<int8::xnnpack::FloatAddParams>> float_kernels{
    OCTET_VEC_DISPATCH(add_portable<int8::xnnpack::FloatAddParams>, masked_float_add)};

}  // namespace

template <>
MaskedAddKernel<int8::AddParams> masked_add_kernel<int8::AddParams>(Isa isa) noexcept {
  return kernels(isa);
}
template <>
MaskedAddKernel<int8::xnnpack::FloatAddParams> masked_add_kernel<int8::xnnpack::FloatAddParams>(
    Isa isa) noexcept {
  return float_kernels(isa);
}

}  // namespace octet::quant

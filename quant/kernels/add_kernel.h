// Addition of codes in training: the engine's integers, with the clamp mask and the range before
// the clamp.
#pragma once

#include "base/simd/isa.h"
#include "int8/reference/add.h"
#include "int8/reference/xnnpack/float_add.h"

namespace octet::quant {

/// p: a and b before the clamp, by the params; code = clamp(p); mask bit = mask_lo <= p <=
/// range.hi.
template <class Params>
struct AddSpan {
  const Params& params;
  const std::int8_t *a, *b;
  std::int64_t n;  ///< > 0
  std::int32_t mask_lo;
  std::int8_t* codes;
  std::uint8_t* mask;       ///< (n + 7) / 8 bytes, element i at bit i % 8 of byte i / 8
  std::int32_t *min, *max;  ///< of p: results
};
template <class Params>
using MaskedAddKernel = void (*)(const AddSpan<Params>&) noexcept;

/// The best kernel for `isa`; every one gives the bytes of the portable one.
template <class Params>
MaskedAddKernel<Params> masked_add_kernel(Isa isa) noexcept;
template <>
MaskedAddKernel<int8::AddParams> masked_add_kernel<int8::AddParams>(Isa isa) noexcept;
template <>
MaskedAddKernel<int8::xnnpack::FloatAddParams> masked_add_kernel<int8::xnnpack::FloatAddParams>(
    Isa isa) noexcept;

}  // namespace octet::quant

// Addition of codes in training: the engine's integers, with the clamp mask and the range before
// the clamp.
#pragma once

#include "base/simd/isa.h"
#include "int8/reference/add.h"

namespace octet::quant {

/// p = add_preclamp(a, b); code = clamp(p); mask bit = mask_lo <= p <= range.hi.
struct AddSpan {
  const int8::AddParams& params;
  const std::int8_t *a, *b;
  std::int64_t n;  ///< > 0
  std::int32_t mask_lo;
  std::int8_t* codes;
  std::uint8_t* mask;       ///< (n + 7) / 8 bytes, element i at bit i % 8 of byte i / 8
  std::int32_t *min, *max;  ///< of p: results
};
using MaskedAddKernel = void (*)(const AddSpan&) noexcept;

/// The best kernel for `isa`; every one gives the bytes of the portable one.
MaskedAddKernel masked_add_kernel(Isa isa) noexcept;

}  // namespace octet::quant

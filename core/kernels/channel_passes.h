// Passes over a matrix [rows, channels] with per-channel coefficients: the loops of batch norm,
// with or without a clamp behind it. Rows are taken several at a time (core/kernels/wide_rows.h):
// constants and sums have `width` elements, one for each column of a wide row. Not for users of the
// library.
#pragma once

#include <cstdint>

#include "base/simd/isa.h"
#include "core/kernels/clamps.h"
#include "core/real.h"

namespace octet {

/// y = clamp(scale x + shift + plus)
struct AffinePass {
  const real* x;
  std::int64_t n, width;
  const real* scale;
  const real* shift;
  const real* plus;  ///< [n], or null: nothing
  real* y;
};
void affine_pass(Isa isa, const AffinePass& p, Clamp clamp) noexcept;

/// With g = dy where the clamp passes scale x + shift, else 0:
/// dx = beta dx + a g + b x + d
struct BatchNormGradPass {
  const real* x;
  const real* dy;
  std::int64_t n, width;
  const real* scale;
  const real* shift;
  const real* a;
  const real* b;
  const real* d;
  real beta;  ///< 0 or 1
  real* dx;
};
void batch_norm_grad_pass(Isa isa, const BatchNormGradPass& p, Clamp clamp) noexcept;

/// Two sums for each column, in double, to which a pass adds.
struct ChannelSumsPass {
  const real* x;
  const real* dy;  ///< gradient only
  std::int64_t n, width;
  const real* scale;  ///< gradient through a clamp only, as shift
  const real* shift;
  double* a;
  double* b;
  const real* plus;  ///< gradient of a sum only
  real* g;           ///< as plus; may be dy
};
/// a += x, b += x^2
void moments_pass(Isa isa, const ChannelSumsPass& p) noexcept;
/// a += g, b += g x
void gradient_sums_pass(Isa isa, const ChannelSumsPass& p, Clamp clamp) noexcept;
/// The same where the clamp (not Clamp::none) passes scale x + shift + plus; writes g.
void sum_gradient_pass(Isa isa, const ChannelSumsPass& p, Clamp clamp) noexcept;

/// The sums' loops for one instruction set; all give the same bits. Floats only.
struct ChannelSumsKernels {
  using Pass = void (*)(const ChannelSumsPass&) noexcept;
  Pass moments;
  Pass gradient[4];  ///< by Clamp
  Pass of_sum[4];    ///< the same; none for Clamp::none
};

}  // namespace octet

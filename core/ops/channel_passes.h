// Passes over a matrix [rows, channels] with per-channel coefficients: the loops of batch norm.
// Compiled for several instruction sets. Not for users of the library.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace octet {

/// Adds to sum[c] and square[c] the sums of x and x^2 over the rows, in double.
struct MomentsPass {
  const real* x;
  std::int64_t rows, channels;
  double* sum;
  double* square;
};
void moments_pass(const MomentsPass& p) noexcept;

/// Adds to sum[c] the sum of dy and to dot[c] the sum of dy (x - mean[c]), in double.
struct BatchNormSumsPass {
  const real* x;
  const real* dy;
  const double* mean;
  std::int64_t rows, channels;
  double* sum;
  double* dot;
};
void batch_norm_sums_pass(const BatchNormSumsPass& p) noexcept;

/// y = scale[c] x + shift[c]
struct AffinePass {
  const real* x;
  const real* scale;
  const real* shift;
  std::int64_t rows, channels;
  real* y;
};
void affine_pass(const AffinePass& p) noexcept;

/// dx = beta dx + a[c] dy + b[c] x + d[c]
struct BatchNormGradPass {
  const real* x;
  const real* dy;
  const real* a;
  const real* b;
  const real* d;
  std::int64_t rows, channels;
  real beta;  ///< 0 or 1
  real* dx;
};
void batch_norm_grad_pass(const BatchNormGradPass& p) noexcept;

}  // namespace octet

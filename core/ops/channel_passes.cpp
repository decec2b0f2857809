#include "core/ops/channel_passes.h"

#include <algorithm>

#include "core/simd.h"

// The channel loops are the vector loops; the compiler cuts them to each target's registers.
namespace octet {
namespace {

OCTET_INLINE void moments_body(const MomentsPass& p) {
  double* const sum = p.sum;
  double* const square = p.square;
  for (std::int64_t r = 0; r < p.rows; ++r) {
    const real* x = p.x + r * p.channels;
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < p.channels; ++c) {
      const double v = x[c];
      sum[c] += v;
      square[c] += v * v;
    }
  }
}
OCTET_SIMD_FUNCTION(run_moments, moments_body, const MomentsPass&)

OCTET_INLINE void sums_body(const BatchNormSumsPass& p) {
  double* const sum = p.sum;
  double* const dot = p.dot;
  const double* const mean = p.mean;
  for (std::int64_t r = 0; r < p.rows; ++r) {
    const real* x = p.x + r * p.channels;
    const real* dy = p.dy + r * p.channels;
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < p.channels; ++c) {
      const double g = dy[c];
      sum[c] += g;
      dot[c] += g * (x[c] - mean[c]);
    }
  }
}
OCTET_SIMD_FUNCTION(run_sums, sums_body, const BatchNormSumsPass&)

OCTET_INLINE void affine_body(const AffinePass& p) {
  const real* const scale = p.scale;
  const real* const shift = p.shift;
  for (std::int64_t r = 0; r < p.rows; ++r) {
    const real* x = p.x + r * p.channels;
    real* y = p.y + r * p.channels;
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < p.channels; ++c) y[c] = scale[c] * x[c] + shift[c];
  }
}
OCTET_SIMD_FUNCTION(run_affine, affine_body, const AffinePass&)

OCTET_INLINE void grad_body(const BatchNormGradPass& p) {
  const real* const a = p.a;
  const real* const b = p.b;
  const real* const d = p.d;
  for (std::int64_t r = 0; r < p.rows; ++r) {
    const real* x = p.x + r * p.channels;
    const real* dy = p.dy + r * p.channels;
    real* dx = p.dx + r * p.channels;
    if (p.beta == 0) {
      OCTET_INDEPENDENT
      for (std::int64_t c = 0; c < p.channels; ++c) dx[c] = a[c] * dy[c] + b[c] * x[c] + d[c];
    } else {
      OCTET_INDEPENDENT
      for (std::int64_t c = 0; c < p.channels; ++c) dx[c] += a[c] * dy[c] + b[c] * x[c] + d[c];
    }
  }
}
OCTET_SIMD_FUNCTION(run_grad, grad_body, const BatchNormGradPass&)

}  // namespace

void moments_pass(const MomentsPass& p) noexcept {
  run_moments(p);
}
void batch_norm_sums_pass(const BatchNormSumsPass& p) noexcept {
  run_sums(p);
}
void affine_pass(const AffinePass& p) noexcept {
  run_affine(p);
}
void batch_norm_grad_pass(const BatchNormGradPass& p) noexcept {
  run_grad(p);
}

}  // namespace octet

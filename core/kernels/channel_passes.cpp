#include "core/kernels/channel_passes.h"

#include <algorithm>

#include "base/simd/simd.h"

#ifndef OCTET_REAL_DOUBLE
#define OCTET_VEC_INC "core/kernels/channel_sums.inc"
#include "base/simd/each_vec.inc"
#endif

// The loops over a wide row are the vector loops; the compiler cuts them to each target's
// registers.
namespace octet {
namespace {

template <Clamp clamp, bool adds>
OCTET_INLINE void affine_rows(const AffinePass& p) {
  const real* const scale = p.scale;
  const real* const shift = p.shift;
  for (std::int64_t i = 0; i < p.n; i += p.width) {
    const real* x = p.x + i;
    const real* plus = adds ? p.plus + i : nullptr;
    real* y = p.y + i;
    const std::int64_t row = std::min(p.width, p.n - i);
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < row; ++c) {
      const real value = scale[c] * x[c] + shift[c];
      y[c] = clamped<clamp>(adds ? value + plus[c] : value);
    }
  }
}
template <Clamp clamp>
OCTET_INLINE void affine_body(const AffinePass& p) {
  if (p.plus) {
    affine_rows<clamp, true>(p);
  } else {
    affine_rows<clamp, false>(p);
  }
}
OCTET_SIMD_FUNCTION(affine, affine_body<Clamp::none>, const AffinePass&)
OCTET_SIMD_FUNCTION(affine_relu, affine_body<Clamp::relu>, const AffinePass&)
OCTET_SIMD_FUNCTION(affine_relu6, affine_body<Clamp::relu6>, const AffinePass&)
OCTET_SIMD_FUNCTION(affine_hard_tanh, affine_body<Clamp::hard_tanh>, const AffinePass&)

// Where the clamp passes what was in front of it; no branch, so that the loops are vectorized.
template <Clamp clamp>
OCTET_INLINE real gated(real dy, real x, real scale, real shift) {
  if constexpr (clamp == Clamp::none) return dy;
  return inside<clamp>(scale * x + shift) ? dy : real(0);
}

template <Clamp clamp, bool accumulate>
OCTET_INLINE void grad_rows(const BatchNormGradPass& p) {
  const real *const a = p.a, *const b = p.b, *const d = p.d;
  const real *const scale = p.scale, *const shift = p.shift;
  for (std::int64_t i = 0; i < p.n; i += p.width) {
    const real* x = p.x + i;
    const real* dy = p.dy + i;
    real* dx = p.dx + i;
    const std::int64_t row = std::min(p.width, p.n - i);
    OCTET_INDEPENDENT
    for (std::int64_t c = 0; c < row; ++c) {
      const real gradient = dy[c], value = x[c];
      const real g = gated<clamp>(gradient, value, scale[c], shift[c]);
      const real own = a[c] * g + b[c] * value + d[c];
      dx[c] = accumulate ? dx[c] + own : own;
    }
  }
}
template <Clamp clamp>
OCTET_INLINE void grad_body(const BatchNormGradPass& p) {
  if (p.beta == 0) {
    grad_rows<clamp, false>(p);
  } else {
    grad_rows<clamp, true>(p);
  }
}
OCTET_SIMD_FUNCTION(grad, grad_body<Clamp::none>, const BatchNormGradPass&)
OCTET_SIMD_FUNCTION(grad_relu, grad_body<Clamp::relu>, const BatchNormGradPass&)
OCTET_SIMD_FUNCTION(grad_relu6, grad_body<Clamp::relu6>, const BatchNormGradPass&)
OCTET_SIMD_FUNCTION(grad_hard_tanh, grad_body<Clamp::hard_tanh>, const BatchNormGradPass&)

void moments_portable(const ChannelSumsPass& p) noexcept {
  for (std::int64_t i = 0; i < p.n; i += p.width) {
    const std::int64_t row = std::min(p.width, p.n - i);
    for (std::int64_t c = 0; c < row; ++c) {
      const double v = p.x[i + c];
      p.a[c] += v;
      p.b[c] += v * v;
    }
  }
}

template <Clamp clamp>
void gradient_portable(const ChannelSumsPass& p) noexcept {
  for (std::int64_t i = 0; i < p.n; i += p.width) {
    const std::int64_t row = std::min(p.width, p.n - i);
    for (std::int64_t c = 0; c < row; ++c) {
      real g = p.dy[i + c];
      if constexpr (clamp != Clamp::none) g = gated<clamp>(g, p.x[i + c], p.scale[c], p.shift[c]);
      p.a[c] += double{g};
      p.b[c] += double{g} * double{p.x[i + c]};
    }
  }
}

template <Clamp clamp>
void of_sum_portable(const ChannelSumsPass& p) noexcept {
  for (std::int64_t i = 0; i < p.n; i += p.width) {
    const std::int64_t row = std::min(p.width, p.n - i);
    for (std::int64_t c = 0; c < row; ++c) {
      const real x = p.x[i + c], z = p.scale[c] * x + p.shift[c] + p.plus[i + c];
      const real g = inside<clamp>(z) ? p.dy[i + c] : real(0);
      p.a[c] += double{g};
      p.b[c] += double{g} * double{x};
      p.g[i + c] = g;
    }
  }
}

constexpr ChannelSumsKernels sums_portable{
    moments_portable,
    {gradient_portable<Clamp::none>, gradient_portable<Clamp::relu>,
     gradient_portable<Clamp::relu6>, gradient_portable<Clamp::hard_tanh>},
    {nullptr, of_sum_portable<Clamp::relu>, of_sum_portable<Clamp::relu6>,
     of_sum_portable<Clamp::hard_tanh>}};

#ifdef OCTET_REAL_DOUBLE
const ChannelSumsKernels& sums(Isa) noexcept {
  return sums_portable;
}
#else
const ChannelSumsKernels& sums(Isa isa) noexcept {
  static constexpr Dispatch<ChannelSumsKernels> kernels{
      OCTET_VEC_DISPATCH(sums_portable, channel_sums)};
  return kernels(isa);
}
#endif

}  // namespace

void affine_pass(Isa isa, const AffinePass& p, Clamp clamp) noexcept {
  static constexpr Dispatch<void (*)(const AffinePass&) noexcept> by_clamp[] = {
      affine, affine_relu, affine_relu6, affine_hard_tanh};
  by_clamp[static_cast<int>(clamp)](isa)(p);
}

void batch_norm_grad_pass(Isa isa, const BatchNormGradPass& p, Clamp clamp) noexcept {
  static constexpr Dispatch<void (*)(const BatchNormGradPass&) noexcept> by_clamp[] = {
      grad, grad_relu, grad_relu6, grad_hard_tanh};
  by_clamp[static_cast<int>(clamp)](isa)(p);
}

void moments_pass(Isa isa, const ChannelSumsPass& p) noexcept {
  sums(isa).moments(p);
}

void gradient_sums_pass(Isa isa, const ChannelSumsPass& p, Clamp clamp) noexcept {
  sums(isa).gradient[static_cast<int>(clamp)](p);
}

void sum_gradient_pass(Isa isa, const ChannelSumsPass& p, Clamp clamp) noexcept {
  sums(isa).of_sum[static_cast<int>(clamp)](p);
}

}  // namespace octet

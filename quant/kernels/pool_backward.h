// Gradients of pooling over codes, one image. docs/numerics.md, line 26.
#pragma once

#include "base/simd/isa.h"
#include "int8/reference/pool.h"

namespace octet::quant {

struct PoolGradient {
  const int8::PoolGeometry& g;
  const std::int8_t* x;  ///< [in_h, in_w, channels]; maximum only
  const std::int8_t* y;  ///< [out_h, out_w, channels], the maxima; maximum only
  const float* dy;       ///< as y
  float* dx;             ///< as x: overwritten
};

/// dy goes to the first maximum of the window in scan order.
void max_pool_backward(Isa isa, const PoolGradient& p) noexcept;
/// dy / count goes to every pixel of the window.
void average_pool_backward(Isa isa, const PoolGradient& p) noexcept;

}  // namespace octet::quant

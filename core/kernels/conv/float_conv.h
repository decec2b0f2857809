// Float convolution on raw arrays, for the conv2d op and for the backward of quantized convolution.
#pragma once

#include <cstdint>

#include <algorithm>

#include "base/conv_geometry.h"
#include "core/context.h"
#include "core/grad.h"
#include "core/kernels/codes.h"
#include "core/window.h"

namespace octet {

/// Layouts: x [batch, in_h, in_w, in_c], w [out_c, kernel_h, kernel_w, in_c / groups],
/// y [batch, out_h, out_w, out_c].
struct ConvShape : ConvGeometry {
  std::int64_t batch = 1;

  /// Values of one image of x and of y.
  std::int64_t input_size() const noexcept { return in_h * in_w * in_c; }
  std::int64_t output_size() const noexcept { return out_h * out_w * out_c; }
};

/// Each input channel has output channels of its own.
inline bool is_depthwise(const ConvShape& s) noexcept {
  return s.groups == s.in_c && s.groups > 1;
}

/// Every pixel by itself: 1x1, stride 1, nothing around.
inline bool is_pointwise(const ConvShape& s) noexcept {
  return s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 &&
         s.in_h == s.out_h && s.in_w == s.out_w && s.pad_top == 0 && s.pad_left == 0;
}

/// From operand shapes. Throws Error (op, operand, expected, got) if they do not fit.
ConvShape conv_shape(const Shape& x, const Shape& w, const Window2d& window, int groups,
                     std::string_view op = "conv2d");

/// The input of a convolution: reals, or codes that stand for scale * (code - zero_point).
struct ConvInput {
  ConvInput(const real* x) : reals(x) {}
  ConvInput(Isa i, const std::int8_t* q, real s, std::int32_t z)
      : isa(i), codes(q), scale(s), zero_point(z) {}

  const real* reals = nullptr;
  Isa isa = Isa::portable;  ///< of what makes reals of codes
  const std::int8_t* codes = nullptr;
  real scale = 1;
  std::int32_t zero_point = 0;

  /// The same from value `first` on.
  ConvInput from(std::int64_t first) const noexcept {
    ConvInput x = *this;
    if (reals) x.reals += first;
    if (codes) x.codes += first;
    return x;
  }
  void copy(std::int64_t first, std::int64_t n, real* to) const noexcept {
    if (reals) {
      std::copy_n(reals + first, n, to);
    } else {
      dequantize(isa, codes + first, n, scale, zero_point, to);
    }
  }
};

/// The weights of a convolution: reals, or codes times one factor for each output channel.
struct ConvWeights {
  ConvWeights(const real* w) : reals(w) {}
  ConvWeights(Isa i, const std::int8_t* q, const real* f) : isa(i), codes(q), factor(f) {}

  const real* reals = nullptr;
  Isa isa = Isa::portable;  ///< of what makes reals of codes
  const std::int8_t* codes = nullptr;
  const real* factor = nullptr;

  /// n weights from `first` on, all of output channel o.
  void copy(std::int64_t first, std::int64_t n, std::int64_t o, real* to) const noexcept {
    if (reals) {
      std::copy_n(reals + first, n, to);
    } else {
      dequantize(isa, codes + first, n, factor[o], 0, to);
    }
  }
};

/// The gradient of a convolution's result: values, or what makes them where they are read.
struct ConvGradient {
  ConvGradient(const real* dy) : values(dy) {}
  ConvGradient(LazyGradient& dy) : lazy(&dy) {}

  const real* values = nullptr;
  LazyGradient* lazy = nullptr;
};

/// Where a gradient goes: to = gradient + beta to, beta in {0, 1}; or to a Grad, whose memory is
/// taken when the gradient is about to be made. Without either it is not wanted.
struct ConvTarget {
  ConvTarget() = default;
  ConvTarget(real* t, real b) : to(t), beta(b) {}
  /// Null: not wanted.
  ConvTarget(Grad* g, const Shape& s) : grad(g), shape(s) {}

  bool wanted() const noexcept { return to || grad; }
  void take(Context& ctx) {
    if (grad && !to) to = grad->accumulate(shape, ctx, beta);
  }
  /// The memory of `source`, whose values are read before they are overwritten, where it is nobody
  /// else's and fits.
  void take_over(const Tensor& source) {
    if (grad && !to && source.unique() && source.numel() == shape.numel()) {
      to = grad->overwrite(source, shape);
    }
  }

  real* to = nullptr;
  real beta = 0;
  Grad* grad = nullptr;
  Shape shape;
};

/// y = x (*) w + bias (bias may be null).
void conv_forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
                  real* y);
/// dx = w^T (*) dy, dw = dy (*) x: both, where the shape allows it, while a tile of dy is in the
/// cache. Sums over the batch are in an order fixed by the shape (and by what is wanted).
void conv_backward(Context& ctx, const ConvShape& s, const ConvInput& x, const ConvWeights& w,
                   const ConvGradient& dy, ConvTarget dx, ConvTarget dw);
/// dx alone: dx = w^T (*) dy + beta dx.
inline void conv_backward_input(Context& ctx, const ConvShape& s, const ConvWeights& w,
                                const real* dy, real* dx, real beta) {
  conv_backward(ctx, s, ConvInput(nullptr), w, dy, {dx, beta}, {});
}
/// dw alone: dw = dy (*) x + beta dw.
inline void conv_backward_weights(Context& ctx, const ConvShape& s, const ConvInput& x,
                                  const real* dy, real* dw, real beta) {
  conv_backward(ctx, s, x, ConvWeights(nullptr), dy, {}, {dw, beta});
}

}  // namespace octet

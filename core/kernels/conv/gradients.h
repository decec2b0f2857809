// A convolution's gradients cut into tiles, for conv_backward.cpp. Not for users of the library.
#pragma once

#include <cstdint>
#include <memory>

#include "core/kernels/conv/float_conv.h"
#include "core/kernels/prefetch.h"

namespace octet {

/// dx of runs of images. Tiles are cut by the shape and the number of images alone; threads may
/// run different ones at once.
class InputGradient {
 public:
  virtual ~InputGradient() = default;
  virtual std::int64_t tiles(std::int64_t images) const = 0;
  /// Reals of scratch that run() needs.
  virtual std::int64_t room(std::int64_t images) const = 0;
  /// dx = w^T (*) dy + beta dx for tiles [begin, end) of `images` images. May fetch `prefetch`.
  virtual void run(std::int64_t images, std::int64_t begin, std::int64_t end, const real* dy,
                   real* dx, real beta, real* scratch, Prefetch& prefetch) const noexcept = 0;
};

/// dw of runs of images, as partial sums [depth, width], width >= output channels.
class WeightsGradient {
 public:
  virtual ~WeightsGradient() = default;
  virtual std::int64_t tiles(std::int64_t images) const = 0;
  virtual std::int64_t room(std::int64_t images) const = 0;
  /// sum += dy (*) x for tiles [begin, end) of `images` images.
  virtual void run(std::int64_t images, std::int64_t begin, std::int64_t end, const ConvInput& x,
                   const real* dy, real* sum, real* scratch) const noexcept = 0;

  std::int64_t depth = 0, width = 0;
  std::int64_t most_partials = 1;  ///< how many sums are worth their memory
};

/// Null where another way is better, or the only one.
std::unique_ptr<InputGradient> direct_input_gradient(Context& ctx, const ConvShape& s,
                                                     const ConvWeights& w);
/// The part of direct_input_gradient() for other strides than 1.
std::unique_ptr<InputGradient> strided_input_gradient(Context& ctx, const ConvShape& s,
                                                      const ConvWeights& w);
std::unique_ptr<WeightsGradient> direct_weights_gradient(Isa isa, const ConvShape& s,
                                                         const ConvInput& x);

/// groups == in_c == out_c.
std::unique_ptr<InputGradient> depthwise_input_gradient(Context& ctx, const ConvShape& s,
                                                        const ConvWeights& w);
std::unique_ptr<WeightsGradient> depthwise_weights_gradient(Isa isa, const ConvShape& s,
                                                            const ConvInput& x);

}  // namespace octet

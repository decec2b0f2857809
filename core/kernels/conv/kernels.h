// The kinds of convolution that conv.cpp chooses from. Not for users of the library.
#pragma once

#include "core/kernels/conv/float_conv.h"

namespace octet {

/// x and y are in the second-level cache together, so that nothing need be fetched ahead.
inline bool fits_second_level(const ConvShape& s) noexcept {
  constexpr std::int64_t reals = 256 * 1024;
  return s.batch * (s.input_size() + s.output_size()) <= reals;
}

/// Any number of groups, as matrix products of tiles of patches.
void dense_forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
                   real* y);
void dense_backward_input(Context& ctx, const ConvShape& s, const ConvWeights& w, const real* dy,
                          real* dx, real beta);
void dense_backward_weights(Context& ctx, const ConvShape& s, const real* x, const real* dy,
                            real* dw, real beta);

/// groups == in_c: loops over taps with channels innermost.
void depthwise_forward(Context& ctx, const ConvShape& s, const real* x, const real* w,
                       const real* bias, real* y);
/// The same convolution with every input channel repeated out_c / in_c times, and its input.
ConvShape repeated(const ConvShape& s);
void repeat_channels(Context& ctx, const ConvShape& s, const real* x, real* out);

/// dw[channel, k] = or += the sum over partials of sums[partial, k, channel], partials in order.
struct PartialSums {
  const real* sums;  // [partials, depth, width]
  std::int64_t partials, depth, width;
};
void add_partial_sums(Context& ctx, const PartialSums& p, std::int64_t channels, real* dw,
                      real beta);

}  // namespace octet

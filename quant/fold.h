// Batch norm folding and the integers of a convolution's output: one function, called by training
// with the batch's or the running statistics and by convert with the running ones.
// docs/numerics.md, lines 7 to 13.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/memory_pool.h"
#include "int8/reference/fixed_point.h"
#include "quant/qconfig.h"

namespace octet::quant {

/// What stands between the accumulator and the output, per output channel.
struct FoldInput {
  std::string_view layer;               ///< for messages
  float input_scale = 1;                ///< s_x
  QuantParams output;                   ///< s_y, z_y
  std::span<const float> weight_scale;  ///< s_w
  bool factor_in_codes = false;         ///< the codes are of W f (line 14): s_w is s_f
  /// Batch norm: gamma, beta, and mean and variance of u = s_x s_w acc. Empty without.
  std::span<const float> gamma, beta;
  std::span<const double> mean, var;
  double eps = 0;
  /// Bias without batch norm; may be empty (0).
  std::span<const float> bias;
  int8::Rounding rounding = int8::Rounding::single_rounding;
};

/// Batch norm and bias as y = f u + b per channel (line 8).
struct Affine {
  PoolVector<double> f, sigma, mean;  ///< as in Folded
  PoolVector<double> b;               ///< beta - mean f
};

struct Folded {
  PoolVector<float> scale;                  ///< s_f: the weight scale in the file
  PoolVector<std::int32_t> sign;            ///< q_f = sign q_w: +1, -1, or 0 for a constant channel
  PoolVector<std::int32_t> bias;            ///< bias_q, |.| <= 2^30
  PoolVector<int8::Multiplier> multiplier;  ///< (m, e) of M = s_x s_f / s_y; none in float rounding
  PoolVector<float> factor;                 ///< M in float rounding; else none
  PoolVector<double> f;                     ///< gamma / sigma (1 without batch norm)
  PoolVector<double> sigma;                 ///< sqrt(var + eps) (1 without batch norm)
  PoolVector<double> mean;                  ///< 0 without batch norm
};

/// Memory from the allocator's pool, or from the heap. Throws Error naming the layer where a
/// parameter or a statistic is not finite. Of `in`, weight_scale, output and the input's scale are
/// not needed.
Affine affine_of(const FoldInput& in, std::size_t channels, PoolAllocator<float> memory = {});

/// The smallest scale of weights for which no bias code exceeds 2^30, and at least
/// weight_scale_floor.
float min_scale_beside(const Affine& affine, float input_scale);

/// Lines 8 to 11. Memory as above. Throws Error naming the layer where a multiplier is not finite.
Folded fold(const FoldInput& in, Affine affine, PoolAllocator<float> memory = {});
/// The same with affine_of(in).
Folded fold(const FoldInput& in, PoolAllocator<float> memory = {});

}  // namespace octet::quant

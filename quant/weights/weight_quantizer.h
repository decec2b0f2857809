// Weights in codes.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/context.h"
#include "quant/params.h"
#include "quant/weights/quant_spec.h"

namespace octet::quant {

struct WeightCodes {
  Tensor codes;             ///< i8, the weight's shape
  PoolVector<float> scale;  ///< per output channel (dimension 0)
};

/// What a layer does with its weight.
struct WeightUse {
  std::string_view layer;               ///< for messages
  std::span<const double> factor = {};  ///< of batch norm, per output channel; empty: 1
  float min_scale = weight_scale_floor;
};

/// Chooses scales and codes of weights [O, ...]. Immutable; held by the ops that use it.
class WeightQuantizer {
 public:
  explicit WeightQuantizer(const QuantSpec& spec) : spec_(spec) {}
  virtual ~WeightQuantizer() = default;
  WeightQuantizer(const WeightQuantizer&) = delete;
  WeightQuantizer& operator=(const WeightQuantizer&) = delete;

  const QuantSpec& spec() const noexcept { return spec_; }
  /// Channels with different factors of batch norm share a scale, so the codes are of the weight
  /// times the factor (line 14). Otherwise they are of the weight alone, and neither the factor nor
  /// min_scale matters (line 4).
  virtual bool folds_first() const noexcept { return !spec_.axis; }

  /// Throws Error naming the layer if a weight (times its factor) is not finite or if
  /// sum |q| * 255 of a channel reaches 2^30 (line 5).
  virtual WeightCodes quantize(Context& ctx, const Tensor& weight, const WeightUse& use) const = 0;

 private:
  QuantSpec spec_;
};
using WeightQuantizerPtr = std::shared_ptr<const WeightQuantizer>;

/// Throws Error unless the spec is one that integer kernels have: symmetric, 2 to 8 bits, one scale
/// for all or for each output channel (axis 0).
WeightQuantizerPtr make_weight_quantizer(const QuantSpec& spec);

/// With these scales whatever the weights: one for all, or one for each output channel. Codes stop
/// at +-127; they are of the weight alone.
WeightQuantizerPtr make_stored_weight_quantizer(std::vector<float> scales);

}  // namespace octet::quant

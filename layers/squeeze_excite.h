// Squeeze and excitation: channels scaled by a gate computed from their means.
#pragma once

#include "layers/init.h"
#include "layers/module.h"

namespace octet {

class Conv2d;

/// Extents of a SqueezeExcite.
struct SqueezeExciteOptions {
  std::int64_t channels = 1;
  std::int64_t squeezed = 1;  ///< channels of the hidden layer
  bool hard_gate = false;     ///< hard_sigmoid (MobileNetV3) instead of sigmoid
};

/// x gate(fc2(relu(fc1(mean of the image)))) (Hu et al. 2018); x [N, H, W, channels]. Parameters:
/// fc1 and fc2, 1x1 convolutions with bias.
class SqueezeExcite final : public Module {
 public:
  /// Throws Error unless both numbers of channels are positive.
  SqueezeExcite(const SqueezeExciteOptions& options, Init& init);
  Var forward(Var x) override;

 private:
  bool hard_gate_;
  std::shared_ptr<Conv2d> fc1_, fc2_;
};

}  // namespace octet

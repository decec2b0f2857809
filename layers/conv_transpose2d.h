// 2-D transposed convolution layer.
#pragma once

#include "layers/init.h"
#include "layers/module.h"
#include "layers/size2d.h"

namespace octet {

/// Extents of a ConvTranspose2d.
struct ConvTranspose2dOptions {
  std::int64_t in_channels = 1, out_channels = 1;
  Size2d kernel = 1, stride = 1;
  Padding2d padding = {};     ///< explicit pixels, Padding2d::all(n), or Padding2d::same_padding()
  Size2d output_padding = 0;  ///< extra rows and columns at the bottom and right, below the stride
  bool bias = true;
};

/// x [N, H, W, in_channels] -> [N, OH, OW, out_channels], see ConvTranspose2dOp. Parameters: weight
/// [out_channels, KH, KW, in_channels], bias [out_channels] (not decayed). Initialized by
/// Init::kaiming_uniform with fan_in = KH KW in_channels.
class ConvTranspose2d final : public Module {
 public:
  /// Throws Error for extents that are not positive, and as ConvTranspose2dOp.
  ConvTranspose2d(const ConvTranspose2dOptions& options, Init& init);
  Var forward(Var x) override;

 private:
  std::shared_ptr<const ConvTranspose2dOp> op_;
  ParameterPtr weight_, bias_;
};

}  // namespace octet

// 2-D convolution layer.
#pragma once

#include "layers/init.h"
#include "layers/module.h"
#include "layers/size2d.h"

namespace octet {

/// Depthwise: groups = in_channels.
struct Conv2dOptions {
  std::int64_t in_channels = 1, out_channels = 1;
  Size2d kernel = 1, stride = 1;
  Padding2d padding = {};  ///< explicit pixels, Padding2d::all(n), or Padding2d::same_padding()
  Size2d dilation = 1;
  int groups = 1;
  bool bias = true;
};

/// x [N, H, W, in_channels] -> [N, OH, OW, out_channels]. Parameters: weight [out_channels, KH, KW,
/// in_channels / groups], bias [out_channels] (not decayed). Initialized by Init::kaiming_uniform
/// with fan_in = KH KW in_channels / groups.
class Conv2d final : public Module {
 public:
  /// Throws Error for extents that are not positive, negative padding, or channels that do not
  /// divide by groups.
  Conv2d(const Conv2dOptions& options, Init& init);
  Var forward(Var x) override;
  const Conv2dOptions& options() const noexcept { return options_; }

 private:
  Conv2dOptions options_;
  Window2d window_;
  ParameterPtr weight_, bias_;
};

}  // namespace octet

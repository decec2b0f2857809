// Pooling layers.
#pragma once

#include "layers/module.h"
#include "layers/size2d.h"

namespace octet {

/// The window of a pooling layer.
struct PoolOptions {
  Size2d kernel = 2;
  Size2d stride = 0;  ///< 0: the kernel's extents
  Padding2d padding = {};
  bool count_include_pad = false;  ///< average pooling only, see AvgPool2dOp
};

/// x [N, H, W, C] -> [N, OH, OW, C]; see MaxPool2dOp.
class MaxPool2d final : public Module {
 public:
  /// Throws Error for a kernel that is not positive or a negative stride or padding.
  explicit MaxPool2d(const PoolOptions& options);
  Var forward(Var x) override { return max_pool2d(x, window_); }

 private:
  Window2d window_;
};

/// x [N, H, W, C] -> [N, OH, OW, C]; see AvgPool2dOp.
class AvgPool2d final : public Module {
 public:
  /// As MaxPool2d.
  explicit AvgPool2d(const PoolOptions& options);
  Var forward(Var x) override { return avg_pool2d(x, window_, count_include_pad_); }

 private:
  Window2d window_;
  bool count_include_pad_;
};

/// x [N, H, W, C] -> [N, 1, 1, C]
class GlobalAvgPool final : public Module {
 public:
  Var forward(Var x) override { return global_avg_pool(x); }
};

}  // namespace octet

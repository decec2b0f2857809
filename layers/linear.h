// Fully connected layer.
#pragma once

#include "layers/init.h"
#include "layers/module.h"

namespace octet {

/// Extents of a Linear.
struct LinearOptions {
  std::int64_t in_features = 1, out_features = 1;
  bool bias = true;
};

/// x [..., in_features] -> [..., out_features]. Parameters: weight [out_features, in_features],
/// bias [out_features] (not decayed). Initialized by Init::kaiming_uniform with fan_in =
/// in_features.
class Linear final : public Module {
 public:
  /// Throws Error unless both extents are positive.
  Linear(const LinearOptions& options, Init& init);
  Var forward(Var x) override;
  const LinearOptions& options() const noexcept { return options_; }

 private:
  LinearOptions options_;
  ParameterPtr weight_, bias_;
};

}  // namespace octet

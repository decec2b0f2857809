// What a conversion tells about each layer.
#pragma once

#include <cstdint>
#include <string>

namespace octet::quant {

/// A layer with weights, for logs and summaries.
struct LayerReport {
  std::string layer;
  std::int64_t channels = 0;
  /// Have one code, whatever the input (as by docs/numerics.md, line 9).
  int constant_channels = 0;
};

/// A value whose observed range is much narrower than the smallest that it can be given.
struct CoarseValue {
  std::string layer;
  int codes = 0;  ///< of its 256, that the observed range reaches
};

}  // namespace octet::quant

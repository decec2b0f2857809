// model.layers: a network as a list of layers. Which key is for which layer is in
// config_layers.cpp; what the layers are, in apps/common/setup/layer_network.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace octet::config {

struct LayerConfig {
  std::string type;
  std::string name;               ///< empty: the type and a number
  std::vector<std::string> from;  ///< names, "input", or offsets ("-2"); empty: the layer before
  std::int64_t out = 0;           ///< 0: as many as there are classes
  bool out_classes = false;       ///< "out": "classes"
  /// One number for height and width, or [height, width]; empty: the layer's default.
  std::vector<std::int64_t> kernel, stride, dilation, output_padding, scale;
  std::vector<std::int64_t> padding;  ///< or [top, bottom, left, right]
  bool same_padding = false;          ///< "padding": "same"
  std::int64_t groups = 1, multiplier = 1;
  bool bias = true;
  double eps = 1e-5, momentum = 0.1;
  double p = 0.5, alpha = 0.01, exponent = 1, value = 0;
  bool count_include_pad = false;
  std::string mode = "nearest";
  std::vector<std::int64_t> shape, order;
  std::int64_t axis = -1, begin = 0, end = 0, block = 2;
  std::int64_t squeezed = 0;
  bool hard_gate = false;
};

/// The values of LayerConfig::type.
const std::vector<std::string>& layer_types();

}  // namespace octet::config

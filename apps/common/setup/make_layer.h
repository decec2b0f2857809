// One layer of model.layers as a module.
#pragma once

#include <span>

#include "apps/common/config/layer_config.h"
#include "layers/init.h"
#include "layers/module.h"

namespace octet::setup {

/// What a layer is made of.
struct LayerParts {
  const config::LayerConfig& config;
  std::span<const Shape> in;  ///< of the values it reads, with a batch of 1
  std::int64_t classes;       ///< outputs where its "out" says so, or nothing
  Init& init;
};

/// Whether the layer has the key "out".
bool has_out(const std::string& type);
/// Throws Error without saying where: if it reads more values than it takes, or fewer, if they have
/// another rank than it needs, and as the module does.
ModulePtr make_layer(const LayerParts& parts);

}  // namespace octet::setup

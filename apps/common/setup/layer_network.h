// A network of model.layers.
#pragma once

#include <functional>

#include "apps/common/config/config.h"
#include "layers/module.h"

namespace octet::setup {

/// The network that `c.model.layers` describes, for one picture `input` [1, H, W, C] and `classes`
/// outputs, with random weights; of multi_task the layers that the heads are named as are its
/// outputs, each of its head's width. Before anything of its size is drawn, `check` gets the number
/// of parameters up to each layer, with the layer's JSON pointer, and may throw. Throws Error
/// naming the configuration, the layer, and the shapes it was given, for what does not fit
/// together, and for a layer whose result nothing reads.
ModulePtr make_layer_network(
    const config::Config& c, const Shape& input, std::int64_t classes,
    const std::function<void(const std::string& pointer, std::int64_t parameters)>& check);

}  // namespace octet::setup

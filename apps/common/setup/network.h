// The network of a configuration, and how it is quantized.
#pragma once

#include "apps/common/config/config.h"
#include "data/dataset.h"
#include "layers/zoo/zoo.h"
#include "quant/qat_model.h"
#include "quant/qconfig.h"

namespace octet::setup {

/// Of the model for pictures of `data` that become `input` [1, H, W, C]. Throws Error naming the
/// configuration if the model is no classifier or has fewer outputs than the data set has classes.
zoo::NetworkOptions network_options(const config::Config& c, const Dataset& data,
                                    const Shape& input);
/// With random weights. Throws Error as network_options, and if the model is too large for the
/// pictures or for the memory.
ModulePtr make_network(const config::Config& c, const Dataset& data, const Shape& input);

/// `channels` of the input, for its params.
quant::QConfig make_qconfig(const config::Config& c, std::int64_t channels);
/// A copy of `network`, prepared as "quant" says. Throws Error naming the configuration if an op
/// has no int8 form.
quant::QatModelPtr prepare(const config::Config& c, Module& network, const Shape& input);

}  // namespace octet::setup

// The data of a configuration.
#pragma once

#include "apps/common/config/config.h"
#include "data/loader.h"
#include "data/source.h"

namespace octet::setup {

/// Both splits. Throws Error naming the configuration if they cannot be read.
DataSource open_data(const config::Config& c);
/// `augmented`: as the training split is read, else as the test split.
TransformOptions make_transform(const config::DataConfig& c, bool augmented);
/// [1, H, W, C] of the network's input. Throws Error naming the configuration if its transform does
/// not fit the pictures.
Shape input_shape(const config::Config& c, const Dataset& data);
/// Batches of the training split, shuffled and augmented as the configuration says.
Loader train_loader(const config::Config& c, const Dataset& data, int batch, bool drop_last);

}  // namespace octet::setup

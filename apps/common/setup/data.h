// The data of a configuration.
#pragma once

#include <functional>

#include "apps/common/config/config.h"
#include "data/loader.h"
#include "data/source.h"

namespace octet::setup {

/// How the splits are read.
DataOptions data_options(const config::Config& c,
                         std::function<void(const ReadProgress&)> progress = {});
/// All splits. Throws Error naming the configuration if they cannot be read.
DataSource open_data(const config::Config& c,
                     std::function<void(const ReadProgress&)> progress = {});
/// What the task takes of the data: anomaly_data() for an autoencoder; and measure(). Throws Error
/// as these.
DataSource prepare_data(config::Config& c, DataSource data);
/// Decides what the configuration leaves to the training split: resolve_task(), "normalize": "auto"
/// and "class_weights": "balanced"; and notes whether its samples are pixels. To be called before
/// anything else is made of it, so that what ran says them, too.
void measure(config::Config& c, const Dataset& train);
/// Threads for a loader of this data set: more than one where samples are read while they are used.
int loader_threads(const config::Config& c, const Dataset& data);
/// `augmented`: as the training split is read, else as the test split. After measure().
TransformOptions make_transform(const config::DataConfig& c, bool augmented);
/// [1, H, W, C] of the network's input. Throws Error naming the configuration if its transform does
/// not fit the pictures.
Shape input_shape(const config::Config& c, const Dataset& data);
/// Batches of the training split, shuffled and augmented as the configuration says.
Loader train_loader(const config::Config& c, const Dataset& data, int batch, bool drop_last,
                    BatchPart part = {});

}  // namespace octet::setup

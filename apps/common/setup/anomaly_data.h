// What an autoencoder learns from, and what it is to find.
#pragma once

#include "apps/common/config/config.h"
#include "data/source.h"

namespace octet::setup {

/// The data of an autoencoder, with classes 0, "normal", and 1, "anomaly": by anomaly.normal, or
/// what the training split has samples of, which then are in anomaly.normal. Training and
/// validation have the normal samples alone. Where targets are no classes, all is normal. Throws
/// Error naming the configuration for an unknown class and where nothing is left to train on.
DataSource anomaly_data(config::Config& c, DataSource data);

}  // namespace octet::setup

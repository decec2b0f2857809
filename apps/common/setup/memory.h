// What a run needs at least, against the memory there is: an error before the first step instead of
// a machine that runs out. What is estimated are lower bounds: a run that passes may still fail.
#pragma once

#include <cstdint>
#include <string>

#include "apps/common/config/config.h"
#include "apps/common/setup/training.h"
#include "data/source.h"
#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"

namespace octet::setup {

/// Bytes this process may have: the machine's memory and swap, or less where the process (ulimit
/// -v) or its control group is limited.
std::uint64_t memory_limit();

/// Throws Error naming what of /model makes the network too large: parameters and, where they are
/// trained, gradients and the optimizer's state do not fit into memory_limit(). Nothing is drawn.
void check_parameter_memory(const config::Config& c, const zoo::NetworkOptions& options);

/// The same of a network of /model/layers, as far as the layer at `pointer`, up to which it has so
/// many parameters.
void check_parameter_memory(const config::Config& c, const std::string& pointer,
                            std::int64_t parameters);

/// Throws Error naming the section's batch (or /model, if one picture is too many) where a step
/// does not fit beside the data: `network` is the float one, traced.
void check_step_memory(const TrainingSection& t, const GraphModule& network,
                       const DataSource& data);

}  // namespace octet::setup

// What a configuration trains a network for.
#pragma once

#include "apps/common/config/config.h"
#include "apps/common/setup/training.h"
#include "data/dataset.h"
#include "eval/task.h"
#include "eval/task_score.h"
#include "fit/loss.h"
#include "layers/graph/graph_module.h"

namespace octet::setup {

/// Whether the task, or where it is not said the zoo's network, is an autoencoder.
bool wants_autoencoder(const config::Config& c);
/// Puts into `c` what its "auto" means: the task that the training split's targets are for, or that
/// of the zoo's network, and the type of each loss. Throws Error naming the configuration for
/// targets that the task cannot be trained on and a loss that is not for it.
void resolve_task(config::Config& c, const Dataset& train);
/// Requires resolve_task().
Task task_of(const config::Config& c);

/// Numbers that the network returns for each sample, or pixel; of an autoencoder 0. Throws Error
/// naming the configuration where model.classes or the zoo's network do not fit the task.
int output_count(const config::Config& c, const Dataset& data);
/// Throws Error naming the configuration unless the network returns what the task needs for inputs
/// [1, H, W, C].
void check_output(const config::Config& c, const GraphModule& network, int outputs,
                  const Shape& input);

/// Of training. Throws Error for a list of class weights of another length than `outputs`.
FitLoss make_loss(const TrainingSection& t, std::int64_t outputs);
/// Of evaluations: the loss of training, of quantization-aware training if there is no other,
/// without smoothing and weights.
TaskMeasure task_measure(const config::Config& c, int outputs);

}  // namespace octet::setup

// From configuration sections to optimizers, schedules and quantization settings.
#pragma once

#include <memory>

#include "apps/config/config.h"
#include "layers/module.h"
#include "optim/lr_schedule.h"
#include "optim/optimizer.h"
#include "quant/qconfig.h"

namespace octet::trainer {

std::unique_ptr<optim::Optimizer> make_optimizer(const config::Optimizer& c,
                                                 std::vector<ParameterPtr> parameters);
/// Loss options for a network of `classes` outputs. Throws Error for a list of weights of another
/// length.
CrossEntropyOptions make_loss(const config::Loss& c, std::int64_t classes);
/// Applies learning rate factors and freezing, in order. Throws Error for a pattern that matches
/// nothing and if nothing is left to train.
void apply_groups(const std::vector<config::ParameterGroup>& groups, Module& model,
                  optim::Optimizer& optimizer);
/// Throws Error if the warm-up takes the whole run.
optim::LrSchedule make_schedule(const config::Schedule& c, double lr, std::int64_t epochs,
                                std::int64_t steps_per_epoch);
/// `channels` of the input, for its params.
quant::QConfig make_qconfig(const config::Config& c, std::int64_t channels);

}  // namespace octet::trainer

// From configuration sections to optimizers, schedules and quantization settings.
#pragma once

#include <memory>

#include "apps/config/config.h"
#include "optim/lr_schedule.h"
#include "optim/optimizer.h"
#include "quant/qconfig.h"

namespace octet::trainer {

std::unique_ptr<optim::Optimizer> make_optimizer(const config::Optimizer& c,
                                                 std::vector<ParameterPtr> parameters);
/// Throws Error if the warm-up takes the whole run.
optim::LrSchedule make_schedule(const config::Schedule& c, double lr, std::int64_t epochs,
                                std::int64_t batches_per_epoch);
/// `channels` of the input, for its params.
quant::QConfig make_qconfig(const config::Config& c, std::int64_t channels);

}  // namespace octet::trainer

// The losses of a configuration.
#pragma once

#include <string>

#include "apps/common/config/config.h"
#include "core/ops/losses.h"
#include "eval/task.h"

namespace octet::setup {

/// Puts into `loss` what "auto" means for the task. Throws Error for a loss that is not for it;
/// `pointer`: where the loss is, "/train/loss".
void resolve_loss(const config::Config& c, Task task, config::LossConfig& loss,
                  const std::string& pointer);

/// Of cross-entropy, for `classes` outputs. Throws Error for a list of weights of another length;
/// `where`: what a message about these begins with.
CrossEntropyOptions cross_entropy_options(const config::LossConfig& c, std::int64_t classes,
                                          const std::string& where);

/// Of numbers: mse, mae or huber.
Var number_loss(const config::LossConfig& c, const Var& output, const Tensor& target);

}  // namespace octet::setup

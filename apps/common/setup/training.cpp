#include "apps/common/setup/training.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "layers/parameter_pattern.h"
#include "optim/adam.h"
#include "optim/sgd.h"

namespace octet::setup {

TrainingSection train_section(const config::Config& c) {
  const config::TrainConfig& t = *c.train;
  return {c, "/train", t.epochs, t.batch, t.drop_last, t.optimizer, t.schedule, t.steps};
}

TrainingSection quant_section(const config::Config& c) {
  const config::QuantConfig& q = *c.quant;
  return {c, "/quant", q.stages.total(), q.batch, q.drop_last, q.optimizer, q.schedule, q.steps};
}

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainingSection& t,
                                                 std::vector<ParameterPtr> parameters) {
  const config::OptimizerConfig& c = t.optimizer;
  try {
    if (c.type == "sgd") {
      return std::make_unique<optim::Sgd>(
          std::move(parameters), optim::SgdOptions{c.lr, c.momentum, c.weight_decay, c.nesterov});
    }
    if (c.type == "adamw") {
      return std::make_unique<optim::AdamW>(
          std::move(parameters),
          optim::AdamWOptions{c.lr, c.beta1, c.beta2, c.epsilon, c.weight_decay});
    }
    return std::make_unique<optim::Adam>(
        std::move(parameters),
        optim::AdamOptions{c.lr, c.beta1, c.beta2, c.epsilon, c.weight_decay});
  } catch (const Error& e) {
    fail(t.where("optimizer"), ": ", e.what());
  }
}

void apply_groups(const TrainingSection& t, Module& model, optim::Optimizer& optimizer) {
  for (const ParameterPtr& p : model.parameters()) p->requires_grad = true;
  const std::vector<config::ParameterGroup>& groups = t.steps.parameters;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const config::ParameterGroup& g = groups[i];
    try {
      freeze(model, g.pattern, g.freeze);
      optimizer.set_lr_factor(parameters_matching(model, g.pattern), g.lr_factor);
    } catch (const Error& e) {
      fail(t.where("parameters/" + std::to_string(i) + "/pattern"), ": ", e.what());
    }
  }
  const std::vector<ParameterPtr> all = model.parameters();
  OCTET_CHECK(std::any_of(all.begin(), all.end(), [](const auto& p) { return p->requires_grad; }),
              t.where("parameters"), ": every parameter of the network is frozen");
}

std::int64_t steps_per_epoch(const TrainingSection& t, std::int64_t batches) {
  return (batches + t.steps.accumulate_steps - 1) / t.steps.accumulate_steps;
}

optim::LrSchedule make_schedule(const TrainingSection& t, std::int64_t per_epoch) {
  const config::ScheduleConfig& c = t.schedule;
  const auto steps = [&](double e) {
    return static_cast<std::int64_t>(std::llround(e * static_cast<double>(per_epoch)));
  };
  optim::LrSchedule s;
  s.lr = t.optimizer.lr;
  s.warmup_steps = steps(c.warmup_epochs);
  s.total_steps = t.epochs * per_epoch;
  OCTET_CHECK(s.warmup_steps < s.total_steps, t.where("schedule/warmup_epochs"),
              ": expected less than the ", t.epochs, " epochs of the whole training, got ",
              c.warmup_epochs);
  if (c.type == "cosine") {
    s.kind = optim::LrSchedule::Kind::cosine;
    s.min_lr = s.lr * c.final_factor;
  } else if (c.type == "step") {
    s.kind = optim::LrSchedule::Kind::step;
    s.gamma = c.gamma;
    s.step_size = c.step_epochs * static_cast<double>(per_epoch);
    OCTET_CHECK(steps(c.step_epochs) >= 1, t.where("schedule/step_epochs"),
                ": expected at least one of the ", per_epoch, " steps of an epoch, got ",
                c.step_epochs, " epochs");
  }
  try {
    s.validate();
  } catch (const Error& e) {
    fail(t.where("schedule"), ": ", e.what());
  }
  return s;
}

}  // namespace octet::setup

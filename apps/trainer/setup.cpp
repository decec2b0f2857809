#include "apps/trainer/setup.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "layers/parameter_pattern.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "quant/params.h"

namespace octet::trainer {

std::unique_ptr<optim::Optimizer> make_optimizer(const config::Optimizer& c,
                                                 std::vector<ParameterPtr> parameters) {
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
      std::move(parameters), optim::AdamOptions{c.lr, c.beta1, c.beta2, c.epsilon, c.weight_decay});
}

CrossEntropyOptions make_loss(const config::Loss& c, std::int64_t classes) {
  CrossEntropyOptions loss{c.label_smoothing, {}};
  if (c.class_weights.size() == 1) return loss;
  OCTET_CHECK(static_cast<std::int64_t>(c.class_weights.size()) == classes,
              "loss/class_weights: expected 1 or ", classes, " numbers, got ",
              c.class_weights.size());
  const std::vector<real> weights(c.class_weights.begin(), c.class_weights.end());
  loss.class_weights = Tensor::from<real>({classes}, weights);
  return loss;
}

void apply_groups(const std::vector<config::ParameterGroup>& groups, Module& model,
                  optim::Optimizer& optimizer) {
  for (const ParameterPtr& p : model.parameters()) p->requires_grad = true;
  for (const config::ParameterGroup& g : groups) {
    freeze(model, g.pattern, g.freeze);
    optimizer.set_lr_factor(parameters_matching(model, g.pattern), g.lr_factor);
  }
  const std::vector<ParameterPtr> all = model.parameters();
  OCTET_CHECK(std::any_of(all.begin(), all.end(), [](const auto& p) { return p->requires_grad; }),
              "parameters: every parameter of the network is frozen");
}

optim::LrSchedule make_schedule(const config::Schedule& c, double lr, std::int64_t epochs,
                                std::int64_t batches) {
  const auto steps = [&](double e) {
    return static_cast<std::int64_t>(std::llround(e * static_cast<double>(batches)));
  };
  optim::LrSchedule s;
  s.lr = lr;
  s.warmup_steps = steps(c.warmup_epochs);
  s.total_steps = epochs * batches;
  OCTET_CHECK(s.warmup_steps < s.total_steps, "schedule/warmup_epochs: expected less than the ",
              epochs, " epochs of the whole training, got ", c.warmup_epochs);
  if (c.type == "cosine") {
    s.kind = optim::LrSchedule::Kind::cosine;
    s.min_lr = lr * c.final_factor;
  } else if (c.type == "step") {
    s.kind = optim::LrSchedule::Kind::step;
    s.gamma = c.gamma;
    OCTET_CHECK(steps(c.step_epochs) >= 1, "schedule/step_epochs: expected at least one of the ",
                batches, " steps of an epoch, got ", c.step_epochs, " epochs");
    for (double e = c.step_epochs; steps(e) < s.total_steps; e += c.step_epochs) {
      if (s.milestones.empty() || s.milestones.back() < steps(e)) s.milestones.push_back(steps(e));
    }
  }
  s.validate();
  return s;
}

quant::QConfig make_qconfig(const config::Config& c, std::int64_t channels) {
  const config::Quant& q = *c.quant;
  quant::QConfig config = q.target == "tflm" ? quant::QConfig::tflm() : quant::QConfig::tflite();
  if (q.rounding == "single") config.rounding = int8::Rounding::single_rounding;
  if (q.rounding == "double") config.rounding = int8::Rounding::double_rounding;
  config.observer = quant::parse_observer(q.observer);
  config.averaging = q.averaging;
  const auto per_channel = [&](const std::vector<double>& values, const char* what) {
    const auto n = static_cast<std::int64_t>(values.size());
    OCTET_CHECK(n == 1 || n == channels, c.file.string(), ": /data/normalize/", what,
                ": expected 1 or ", channels, " numbers, got ", n);
    std::vector<float> out(values.begin(), values.end());
    if (n == 1) out.resize(static_cast<std::size_t>(channels), out[0]);
    return out;
  };
  config.input = quant::input_params(per_channel(c.data.normalize.mean, "mean"),
                                     per_channel(c.data.normalize.std, "std"));
  return config;
}

}  // namespace octet::trainer

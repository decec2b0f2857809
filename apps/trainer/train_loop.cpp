#include "apps/trainer/train_loop.h"

#include "apps/common/setup/task_setup.h"
#include "fit/interrupt.h"

namespace octet::trainer {

Outcome train(Session& s, TrainingPlan& plan) {
  const setup::TrainingSection& section = plan.section;
  const config::Steps& steps = section.steps;
  s.optimizer = setup::make_optimizer(section, plan.model.parameters());
  setup::apply_groups(section, plan.model, *s.optimizer);

  FitOptions options;
  options.name = plan.name;
  options.epochs = section.epochs;
  options.schedule = setup::make_schedule(
      section, setup::steps_per_epoch(section, plan.loader.batches_per_epoch()));
  options.loss = setup::make_loss(section, s.outputs());
  options.logits = s.task() == Task::classification ? 0 : -1;
  options.accumulate_steps = steps.accumulate_steps;
  options.clip_grad_norm = steps.clip_grad_norm;
  options.ema_decay = steps.ema_decay;
  if (s.has_validation()) {
    options.keep = steps.keep == "best" ? Keep::best : Keep::last;
    options.patience = steps.patience;
  }
  options.epochs_after = plan.epochs_after;
  options.progress = &s.progress;
  options.hooks = {.begin_epoch = plan.begin_epoch,
                   .evaluate = plan.evaluate,
                   .record = [&](const Figures& line) { s.metrics->add(line); },
                   .batch_done = [&] { s.save_if_due(); },
                   .save = [&] { s.save(); },
                   .stop = interrupted};
  s.fit = std::make_unique<Fit>(plan.model, *s.optimizer, plan.loader, s.step_ctx(),
                                std::move(options));
  if (s.restored_training()) {
    s.fit->load(*s.restored);
  } else if (plan.before) {
    s.fit->offer(*plan.before);
  }
  s.restored.reset();
  return s.fit->run();
}

}  // namespace octet::trainer

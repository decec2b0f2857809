#include "apps/trainer/train_loop.h"

#include <algorithm>
#include <cmath>

#include "apps/trainer/diagnose.h"
#include "apps/trainer/evaluate.h"
#include "apps/trainer/interrupt.h"
#include "apps/trainer/setup.h"
#include "core/error.h"
#include "optim/clip.h"
#include "optim/lr_schedule.h"

namespace octet::trainer {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string place(const TrainingPlan& plan, const Position& at) {
  return plan.name + " training, epoch " + std::to_string(at.epoch + 1) + " of " +
         std::to_string(plan.epochs) + ", step " + std::to_string(at.step + 1);
}

/// What a phase's steps need besides the session.
struct Trainer {
  Session& s;
  TrainingPlan& plan;
  optim::LrSchedule schedule;
  CrossEntropyOptions loss;

  std::int64_t batches_per_epoch() const { return plan.loader.batches_per_epoch(); }
  std::int64_t total_steps() const { return schedule.total_steps; }
};

Trainer make_trainer(Session& s, TrainingPlan& plan) {
  const std::int64_t batches = plan.loader.batches_per_epoch();
  const std::int64_t steps =
      (batches + plan.steps.accumulate_steps - 1) / plan.steps.accumulate_steps;
  s.optimizer = make_optimizer(plan.optimizer, plan.model.parameters());
  apply_groups(plan.steps.parameters, plan.model, *s.optimizer);
  if (plan.steps.ema_decay > 0) {
    s.ema.emplace(plan.model.parameters(), optim::EmaOptions{.decay = plan.steps.ema_decay});
  }
  if (s.restored) {
    s.optimizer->load_state(s.restored->group("optimizer"));
    if (s.ema) s.ema->load_state(s.restored->group("ema"));
    s.restored.reset();
  }
  const auto classes = s.config.model.classes ? s.config.model.classes : s.data.train.classes;
  return {s, plan, make_schedule(plan.schedule, plan.optimizer.lr, plan.epochs, steps),
          make_loss(plan.steps.loss, classes)};
}

/// Forward and backward of one batch, which is `share` of the update's images; adds to the epoch's
/// sums.
void add_gradients(Trainer& t, const Batch& batch, double share) {
  Session& s = t.s;
  Tape tape(s.ctx);
  const Var logits = t.plan.model(tape.input(batch.x));
  const Var loss = cross_entropy(logits, batch.y, t.loss);
  const double value = double(loss.value().item());
  OCTET_CHECK(std::isfinite(value), "the loss is ", value, first_not_finite(tape, t.plan.model));
  const auto images = batch.y.numel();
  s.at.loss_sum += value * static_cast<double>(images);
  s.at.correct += count_correct(logits.value(), batch.y);
  s.at.images += images;
  tape.backward(share == 1 ? loss : loss * static_cast<real>(share));
}

/// One update from the next batches.
void step(Trainer& t) {
  Session& s = t.s;
  const config::Steps& c = t.plan.steps;
  const auto count = std::min<std::int64_t>(c.accumulate_steps, t.batches_per_epoch() - s.at.batch);
  std::vector<Batch> batches;
  std::int64_t images = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    batches.push_back(t.plan.loader.next());
    images += batches.back().y.numel();
  }
  s.optimizer->zero_grad();
  for (std::int64_t i = 0; i < count; ++i) {
    // Dropout differs from batch to batch.
    s.ctx.step = static_cast<std::uint64_t>(s.at.step * c.accumulate_steps + i);
    const Batch& batch = batches[static_cast<std::size_t>(i)];
    add_gradients(t, batch, static_cast<double>(batch.y.numel()) / static_cast<double>(images));
  }
  if (c.clip_grad_norm > 0) {
    optim::clip_grad_norm(s.ctx, s.optimizer->parameters(), c.clip_grad_norm);
  }
  s.optimizer->set_lr(t.schedule.at(s.at.step));
  s.optimizer->step(s.ctx);
  if (s.ema) s.ema->update(s.ctx);
  s.at.batch += count;
  ++s.at.step;
}

void show(const Trainer& t, const std::string& label, double seconds) {
  Session& s = t.s;
  RunningMeans m;
  m.loss = s.at.loss_sum / static_cast<double>(s.at.images);
  m.accuracy = static_cast<double>(s.at.correct) / static_cast<double>(s.at.images);
  m.images_per_second = static_cast<double>(s.at.images) / seconds;
  m.seconds_left = (s.at.phase_seconds + seconds) / static_cast<double>(s.at.step) *
                   static_cast<double>(t.total_steps() - s.at.step);
  s.progress.bar(label, s.at.batch, t.batches_per_epoch(), m);
}

/// The metrics line of a finished epoch; false if the user asked to stop before it was evaluated.
bool finish_epoch(Trainer& t, const std::string& label) {
  Session& s = t.s;
  TrainingPlan& plan = t.plan;
  const double images = static_cast<double>(s.at.images);
  const double loss = s.at.loss_sum / images;
  const double accuracy = static_cast<double>(s.at.correct) / images;
  nlohmann::ordered_json line{{"phase", plan.name}, {"epoch", s.at.epoch + 1},
                              {"step", s.at.step},  {"lr", t.schedule.at(s.at.step - 1)},
                              {"train_loss", loss}, {"train_accuracy", accuracy}};
  std::optional<optim::EmaScope> averaged;
  if (s.ema) averaged.emplace(*s.ema);
  const auto shown = plan.evaluate(line);
  averaged.reset();
  if (!shown) return false;
  const double rate = images / std::max(s.at.epoch_seconds, 1e-9);
  line["seconds"] = s.at.epoch_seconds;
  line["images_per_second"] = rate;
  s.metrics->add(line);
  char text[120];
  std::snprintf(text, sizeof text, "  loss %.4f  train %s  ", loss, percent(accuracy).c_str());
  s.progress.say(label + text + *shown + "  " + std::to_string(std::llround(rate)) + " images/s  " +
                 duration_text(s.at.epoch_seconds));
  return true;
}

}  // namespace

Outcome train(Session& s, TrainingPlan& plan) {
  plan.model.train();
  Trainer t = make_trainer(s, plan);
  const auto per_epoch = t.batches_per_epoch();
  while (s.at.epoch < plan.epochs) {
    const std::string label = plan.begin_epoch(s.at.epoch);
    plan.loader.seek(static_cast<std::uint64_t>(s.at.epoch), s.at.batch);
    const double before = s.at.epoch_seconds;
    const Clock::time_point start = Clock::now();
    while (s.at.batch < per_epoch) {
      try {
        step(t);
      } catch (const Error& e) {
        s.progress.clear();
        fail(place(plan, s.at), ": ", e.what());
      }
      s.at.epoch_seconds = before + seconds_since(start);
      show(t, label, s.at.epoch_seconds);
      if (interrupted()) break;
      if (s.at.batch < per_epoch) s.save_if_due();
    }
    if (interrupted() || !finish_epoch(t, label)) {
      s.save();
      s.progress.clear();
      return Outcome::interrupted;
    }
    Position next;
    next.epoch = s.at.epoch + 1;
    next.step = s.at.step;
    next.phase_seconds = s.at.phase_seconds + s.at.epoch_seconds;
    s.at = next;
    s.save();
  }
  if (s.ema) {  // the average is the result
    s.ema->swap();
    s.ema.reset();
  }
  return Outcome::finished;
}

}  // namespace octet::trainer

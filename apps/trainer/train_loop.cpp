#include "apps/trainer/train_loop.h"

#include <cmath>

#include "apps/trainer/diagnose.h"
#include "apps/trainer/evaluate.h"
#include "apps/trainer/interrupt.h"
#include "core/error.h"

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

/// Forward, backward, update; adds to the epoch's sums.
void step(Session& s, TrainingPlan& plan) {
  const Batch batch = plan.loader.next();
  const auto images = batch.y.numel();
  s.ctx.step = static_cast<std::uint64_t>(s.at.step);
  Tape tape(s.ctx);
  const Var logits = plan.model(tape.input(batch.x));
  const Var loss = cross_entropy(logits, batch.y);
  const double value = double(loss.value().item());
  OCTET_CHECK(std::isfinite(value), "the loss is ", value, first_not_finite(tape, plan.model));
  s.at.loss_sum += value * static_cast<double>(images);
  s.at.correct += count_correct(logits.value(), batch.y);
  s.optimizer->zero_grad();
  tape.backward(loss);
  s.optimizer->set_lr(plan.schedule.at(s.at.step));
  s.optimizer->step(s.ctx);
  s.at.images += images;
  ++s.at.batch;
  ++s.at.step;
}

void show(Session& s, const TrainingPlan& plan, const std::string& label, double seconds) {
  const auto per_epoch = plan.loader.batches_per_epoch();
  RunningMeans m;
  m.loss = s.at.loss_sum / static_cast<double>(s.at.images);
  m.accuracy = static_cast<double>(s.at.correct) / static_cast<double>(s.at.images);
  m.images_per_second = static_cast<double>(s.at.images) / seconds;
  m.seconds_left = (s.at.phase_seconds + seconds) / static_cast<double>(s.at.step) *
                   static_cast<double>(plan.epochs * per_epoch - s.at.step);
  s.progress.bar(label, s.at.batch, per_epoch, m);
}

/// The metrics line of a finished epoch; false if the user asked to stop before it was evaluated.
bool finish_epoch(Session& s, TrainingPlan& plan, const std::string& label) {
  const double images = static_cast<double>(s.at.images);
  const double loss = s.at.loss_sum / images;
  const double accuracy = static_cast<double>(s.at.correct) / images;
  nlohmann::ordered_json line{{"phase", plan.name}, {"epoch", s.at.epoch + 1},
                              {"step", s.at.step},  {"lr", plan.schedule.at(s.at.step - 1)},
                              {"train_loss", loss}, {"train_accuracy", accuracy}};
  const auto shown = plan.evaluate(line);
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
  const auto per_epoch = plan.loader.batches_per_epoch();
  while (s.at.epoch < plan.epochs) {
    const std::string label = plan.begin_epoch(s.at.epoch);
    plan.loader.seek(static_cast<std::uint64_t>(s.at.epoch), s.at.batch);
    const double before = s.at.epoch_seconds;
    const Clock::time_point start = Clock::now();
    while (s.at.batch < per_epoch) {
      try {
        step(s, plan);
      } catch (const Error& e) {
        s.progress.clear();
        fail(place(plan, s.at), ": ", e.what());
      }
      s.at.epoch_seconds = before + seconds_since(start);
      show(s, plan, label, s.at.epoch_seconds);
      if (interrupted()) break;
      if (s.at.batch < per_epoch) s.save_if_due();
    }
    if (interrupted() || !finish_epoch(s, plan, label)) {
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
  return Outcome::finished;
}

}  // namespace octet::trainer

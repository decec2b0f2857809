#include "apps/trainer/train_loop.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/trainer/interrupt.h"
#include "base/error.h"
#include "eval/evaluate.h"
#include "layers/diagnose.h"
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
         std::to_string(plan.section.epochs) + ", step " + std::to_string(at.step + 1);
}

/// What a phase's steps need besides the session.
struct Trainer {
  Session& s;
  TrainingPlan& plan;
  optim::LrSchedule schedule;
  CrossEntropyOptions loss;
  /// Of each batch of the epoch: the sum of its labels' weights. Empty where every update is made
  /// from one batch.
  std::vector<double> batch_weights;

  const config::Steps& steps() const { return plan.section.steps; }
  std::int64_t batches_per_epoch() const { return plan.loader.batches_per_epoch(); }
  std::int64_t total_steps() const { return schedule.total_steps; }
};

Trainer make_trainer(Session& s, TrainingPlan& plan) {
  const setup::TrainingSection& section = plan.section;
  s.optimizer = setup::make_optimizer(section, plan.model.parameters());
  setup::apply_groups(section, plan.model, *s.optimizer);
  if (section.steps.ema_decay > 0) {
    s.ema.emplace(plan.model.parameters(), optim::EmaOptions{.decay = section.steps.ema_decay});
  }
  if (s.restored) {
    s.optimizer->load_state(s.restored->group("optimizer"));
    if (s.ema) s.ema->load_state(s.restored->group("ema"));
    s.restored.reset();
  }
  const std::int64_t steps = setup::steps_per_epoch(section, plan.loader.batches_per_epoch());
  return {
      s, plan, setup::make_schedule(section, steps), setup::make_loss(section, s.classes()), {}};
}

/// Sums of label weights, batch by batch: known before the first batch of an update is made.
std::vector<double> batch_weights(const Loader& loader, std::uint64_t epoch,
                                  const Tensor& class_weights) {
  const auto of_sample = loader.dataset().labels.span<std::int32_t>();
  std::vector<std::int32_t> labels;
  for (const std::int64_t i : loader.indices(epoch)) {
    labels.push_back(of_sample[static_cast<std::size_t>(i)]);
  }
  const auto batch = static_cast<std::size_t>(loader.options().batch);
  std::vector<double> weights;
  for (std::size_t at = 0; at < labels.size(); at += batch) {
    const std::size_t n = std::min(batch, labels.size() - at);
    weights.push_back(label_weight(std::span(labels).subspan(at, n), class_weights));
  }
  return weights;
}

void begin_epoch(Trainer& t, std::int64_t epoch) {
  t.plan.loader.seek(static_cast<std::uint64_t>(epoch), t.s.at.batch);
  if (t.steps().accumulate_steps > 1) {
    t.batch_weights =
        batch_weights(t.plan.loader, static_cast<std::uint64_t>(epoch), t.loss.class_weights);
  }
}

/// Forward and backward of one batch; returns its loss. The options have the divisor of the whole
/// update where that is made from several batches: the losses are then its parts.
double add_gradients(Trainer& t, const Batch& batch, const CrossEntropyOptions& loss_options) {
  Session& s = t.s;
  Tape tape(s.ctx);
  const Var logits = t.plan.model(tape.input(batch.x));
  const Var loss = cross_entropy(logits, batch.y, loss_options);
  const double value = double(loss.value().item());
  OCTET_CHECK(std::isfinite(value), "the loss is ", value, first_not_finite(tape, t.plan.model));
  s.at.correct += count_correct(logits.value(), batch.y);
  tape.backward(loss);
  return value;
}

/// One update from the next batches, read one at a time: the loader makes the next ones meanwhile.
void step(Trainer& t) {
  Session& s = t.s;
  const config::Steps& c = t.steps();
  const auto count = std::min<std::int64_t>(c.accumulate_steps, t.batches_per_epoch() - s.at.batch);
  CrossEntropyOptions options = t.loss;
  if (count > 1) {
    const auto first = t.batch_weights.begin() + static_cast<std::ptrdiff_t>(s.at.batch);
    options.divisor = std::accumulate(first, first + static_cast<std::ptrdiff_t>(count), 0.0);
  }
  s.optimizer->zero_grad();
  double loss = 0;
  std::int64_t images = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    // Dropout differs from batch to batch.
    s.ctx.step = static_cast<std::uint64_t>(s.at.step * c.accumulate_steps + i);
    const Batch batch = t.plan.loader.next();
    images += batch.y.numel();
    loss += add_gradients(t, batch, options);
  }
  s.at.loss_sum += loss * static_cast<double>(images);
  s.at.images += images;
  if (c.clip_grad_norm > 0) {
    const double norm = optim::clip_grad_norm(s.ctx, s.optimizer->parameters(), c.clip_grad_norm);
    OCTET_CHECK(std::isfinite(norm), "the norm of the gradients is ", norm,
                first_gradient_not_finite(t.plan.model));
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

/// f(); an Error says where in the training it was.
template <class F>
auto placed(Session& s, const TrainingPlan& plan, const F& f) {
  try {
    return f();
  } catch (const Error& e) {
    s.progress.clear();
    fail(place(plan, s.at), ": ", e.what());
  }
}

}  // namespace

Outcome train(Session& s, TrainingPlan& plan) {
  plan.model.train();
  Trainer t = make_trainer(s, plan);
  const auto per_epoch = t.batches_per_epoch();
  while (s.at.epoch < plan.section.epochs) {
    const std::string label = plan.begin_epoch(s.at.epoch);
    begin_epoch(t, s.at.epoch);
    const double before = s.at.epoch_seconds;
    const Clock::time_point start = Clock::now();
    while (s.at.batch < per_epoch) {
      placed(s, plan, [&] { step(t); });
      s.at.epoch_seconds = before + seconds_since(start);
      show(t, label, s.at.epoch_seconds);
      if (interrupted()) break;
      if (s.at.batch < per_epoch) s.save_if_due();
    }
    if (interrupted() || !placed(s, plan, [&] { return finish_epoch(t, label); })) {
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

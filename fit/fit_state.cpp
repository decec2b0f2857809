// What a checkpoint keeps of a training in progress.
#include "base/error.h"
#include "fit/fit.h"

namespace octet {

void Fit::save(Checkpoint& c) const {
  c.put("optimizer", optimizer_.state());
  if (ema_) c.put("ema", ema_->state());
  c.integers["position/epoch"] = at_.epoch;
  c.integers["position/batch"] = at_.batch;
  c.integers["position/step"] = at_.step;
  c.integers["position/correct"] = at_.correct;
  c.integers["position/images"] = at_.images;
  c.numbers["position/loss_sum"] = at_.loss_sum;
  c.numbers["position/epoch_seconds"] = at_.epoch_seconds;
  c.numbers["position/phase_seconds"] = at_.phase_seconds;
  if (!best_) return;
  c.put("best", best_->state);
  c.integers["best/epoch"] = best_->epoch;
  c.numbers["best/score"] = best_->value;
  c.numbers["best/tie_break"] = best_->tie_break;
  c.texts["best/text"] = best_->text;
}

void Fit::load(const Checkpoint& c) {
  FitPosition at;
  at.epoch = c.integer("position/epoch");
  at.batch = c.integer("position/batch");
  at.step = c.integer("position/step");
  at.correct = c.integer("position/correct");
  at.images = c.integer("position/images");
  at.loss_sum = c.number("position/loss_sum");
  at.epoch_seconds = c.number("position/epoch_seconds");
  at.phase_seconds = c.number("position/phase_seconds");
  OCTET_CHECK(at.epoch >= 0 && at.batch >= 0 && at.step >= 0, c.origin,
              ": expected a position of numbers >= 0");
  optimizer_.load_state(c.group("optimizer"));
  if (ema_) ema_->load_state(c.group("ema"));
  best_.reset();
  if (c.integers.contains("best/epoch")) {
    best_ = {c.integer("best/epoch"), c.number("best/score"), c.number("best/tie_break"),
             c.text("best/text"), c.group("best")};
  }
  at_ = at;
}

}  // namespace octet

#include "fit/fit.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <span>
#include <utility>

#include "base/error.h"
#include "core/communicator.h"
#include "data/dataset_report.h"
#include "eval/evaluate.h"
#include "fit/shared_score.h"
#include "layers/diagnose.h"
#include "optim/clip.h"
#include "optim/sum_gradients.h"

namespace octet {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<NamedTensor> copy_of(const std::vector<NamedTensor>& state) {
  std::vector<NamedTensor> copy;
  copy.reserve(state.size());
  for (const NamedTensor& t : state) copy.push_back({t.name, t.value.clone()});
  return copy;
}

/// Weights of an epoch's batches, known before the first one of an update is made.
std::vector<double> weights_of_batches(const Loader& loader, std::uint64_t epoch,
                                       const FitLoss& loss) {
  const auto batch = static_cast<std::int64_t>(loader.options().batch);
  const std::int64_t samples = loader.samples_per_epoch();
  std::vector<double> weights;
  if (!loss.weight) {
    for (std::int64_t at = 0; at < samples; at += batch) {
      weights.push_back(static_cast<double>(std::min(batch, samples - at)));
    }
    return weights;
  }
  const Tensor& all = loader.dataset().labels;
  OCTET_CHECK(all.defined() && all.dtype() == ElementType::i32,
              "fit: a loss with weights of labels, over batches that make one update, needs a data "
              "set that has its labels in memory");
  const auto of_sample = all.span<std::int32_t>();
  std::vector<std::int32_t> labels;
  for (const std::int64_t i : loader.indices(epoch)) {
    labels.push_back(of_sample[static_cast<std::size_t>(i)]);
  }
  for (std::int64_t at = 0; at < samples; at += batch) {
    const auto n = static_cast<std::size_t>(std::min(batch, samples - at));
    weights.push_back(loss.weight(std::span(labels).subspan(static_cast<std::size_t>(at), n)));
  }
  return weights;
}

/// Gradients while they are not to change.
class GradientsAside {
 public:
  explicit GradientsAside(const std::vector<ParameterPtr>& parameters) : parameters_(parameters) {
    for (const ParameterPtr& p : parameters_) aside_.push_back(std::exchange(p->grad, Grad()));
  }
  ~GradientsAside() {
    for (std::size_t i = 0; i < aside_.size(); ++i) parameters_[i]->grad = std::move(aside_[i]);
  }
  GradientsAside(const GradientsAside&) = delete;
  GradientsAside& operator=(const GradientsAside&) = delete;

 private:
  const std::vector<ParameterPtr>& parameters_;
  std::vector<Grad> aside_;
};

}  // namespace

Fit::Fit(Module& model, optim::Optimizer& optimizer, Loader& loader, Context& ctx,
         FitOptions options)
    : model_(model),
      optimizer_(optimizer),
      loader_(loader),
      ctx_(ctx),
      options_(std::move(options)) {
  const FitOptions& o = options_;
  OCTET_CHECK(o.epochs >= 1, "fit: epochs: expected at least 1, got ", o.epochs);
  OCTET_CHECK(o.accumulate_steps >= 1, "fit: accumulate_steps: expected at least 1, got ",
              o.accumulate_steps);
  OCTET_CHECK(o.patience >= 0, "fit: patience: expected at least 0, got ", o.patience);
  OCTET_CHECK(o.hooks.evaluate || (o.keep == Keep::last && o.patience == 0),
              "fit: keeping the best epoch and patience need FitHooks::evaluate");
  OCTET_CHECK(o.loss.value, "fit: loss: expected a function, got none");
  if (o.schedule) o.schedule->validate();
  if (o.ema_decay > 0) {
    ema_.emplace(model.parameters(), optim::EmaOptions{.decay = o.ema_decay});
  }
}

Fit::~Fit() = default;

std::int64_t Fit::total_steps() const {
  const std::int64_t batches = loader_.batches_per_epoch(), count = options_.accumulate_steps;
  return options_.epochs * ((batches + count - 1) / count);
}

double Fit::lr(std::int64_t step) const {
  return options_.schedule ? options_.schedule->at(step) : optimizer_.lr();
}

bool Fit::out_of_patience() const {
  return options_.patience > 0 && best_ && at_.epoch - best_->epoch >= options_.patience;
}

void Fit::offer(const EpochScore& score) {
  offer(*shared_score(ctx_.communicator, score), 0);
}

bool Fit::leads() const {
  return !ctx_.communicator || ctx_.communicator->leads();
}

bool Fit::stopped() const {
  if (ctx_.communicator) return stop_agreed_;
  return options_.hooks.stop && options_.hooks.stop();
}

void Fit::offer(const EpochScore& score, std::int64_t epoch) {
  if (options_.keep == Keep::last && options_.patience == 0) return;
  if (std::isnan(score.value)) return;
  if (best_ && (score.value < best_->value ||
                (score.value == best_->value && !(score.tie_break > best_->tie_break)))) {
    return;
  }
  best_ = {epoch, score.value, score.tie_break, score.text, {}};
  if (options_.keep == Keep::best) best_->state = copy_of(model_.state());
}

std::string Fit::begin_epoch() {
  const auto epoch = static_cast<std::uint64_t>(at_.epoch);
  loader_.seek(epoch, at_.batch);
  if (options_.accumulate_steps > 1 || ctx_.communicator) {
    batch_weights_ = weights_of_batches(loader_, epoch, options_.loss);
  }
  if (options_.hooks.begin_epoch) return options_.hooks.begin_epoch(at_.epoch);
  return "epoch " + std::to_string(at_.epoch + 1) + "/" + std::to_string(options_.epochs);
}

/// Forward and backward of one batch; adds its loss: a part of the update's where that is made from
/// several batches or parts.
void Fit::add_gradients(const Batch& batch, double divisor, StepSums& sums) {
  const IdleScope idle(ctx_.communicator, batch.empty);
  Tape tape(ctx_);
  const std::vector<Tensor> tensors =
      options_.inputs ? options_.inputs(batch) : std::vector{batch.x};
  std::vector<Var> inputs;
  for (const Tensor& t : tensors) inputs.push_back(tape.input(t));
  const std::vector<Var> outputs = model_(std::span<const Var>(inputs));
  Var loss = options_.loss.value(outputs, batch, divisor);
  if (batch.mixed_y.defined()) {
    const Batch other{batch.x, batch.mixed_y};
    const Var mixed = options_.loss.value(outputs, other, divisor);
    loss = static_cast<real>(batch.share) * loss + static_cast<real>(1 - batch.share) * mixed;
  }
  const double value = double(loss.value().item());
  OCTET_CHECK(std::isfinite(value), "the loss is ", value, first_not_finite(tape, model_));
  if (options_.logits >= 0) {
    const auto logits = static_cast<std::size_t>(options_.logits);
    OCTET_CHECK(logits < outputs.size(), "fit: logits are output ", logits, ", but there are ",
                outputs.size(), " outputs");
    if (!batch.empty) {
      sums.correct += static_cast<double>(count_correct(outputs[logits].value(), batch.y));
    }
  }
  if (batch.empty) {
    const GradientsAside aside(optimizer_.parameters());
    tape.backward(loss);
    return;
  }
  tape.backward(loss);
  sums.loss += value;
  sums.images += static_cast<double>(batch.x.shape()[0]);
}

/// Also the wish to stop, which one member is enough for.
void Fit::sum_over_members(StepSums& sums) {
  if (!ctx_.communicator) return;
  const bool stop = options_.hooks.stop && options_.hooks.stop();
  std::array values{sums.loss, sums.correct, sums.images, stop ? 1.0 : 0.0};
  ctx_.communicator->sum(values);
  sums = {values[0], values[1], values[2]};
  stop_agreed_ = values[3] > 0;
}

/// One update from the next batches, read one at a time: the loader makes the next ones meanwhile.
void Fit::step() {
  const auto count =
      std::min<std::int64_t>(options_.accumulate_steps, loader_.batches_per_epoch() - at_.batch);
  double divisor = 0;
  if (count > 1 || ctx_.communicator) {
    const auto first = batch_weights_.begin() + static_cast<std::ptrdiff_t>(at_.batch);
    divisor = std::accumulate(first, first + static_cast<std::ptrdiff_t>(count), 0.0);
  }
  optimizer_.zero_grad();
  StepSums sums;
  if (ctx_.communicator) ctx_.communicator->at_step(at_.step + 1);
  for (std::int64_t i = 0; i < count; ++i) {
    // Dropout differs from batch to batch.
    ctx_.step = static_cast<std::uint64_t>(at_.step * options_.accumulate_steps + i);
    const Batch batch = loader_.next();
    add_gradients(batch, divisor, sums);
  }
  optim::sum_gradients(ctx_, optimizer_.parameters());
  sum_over_members(sums);
  at_.loss_sum += sums.loss * sums.images;
  at_.correct += static_cast<std::int64_t>(sums.correct);
  at_.images += static_cast<std::int64_t>(sums.images);
  if (options_.clip_grad_norm > 0) {
    const double norm =
        optim::clip_grad_norm(ctx_, optimizer_.parameters(), options_.clip_grad_norm);
    OCTET_CHECK(std::isfinite(norm), "the norm of the gradients is ", norm,
                first_gradient_not_finite(model_));
  }
  if (options_.schedule) optimizer_.set_lr(lr(at_.step));
  optimizer_.step(ctx_);
  if (ema_) ema_->update(ctx_);
  at_.batch += count;
  ++at_.step;
}

void Fit::show(const std::string& label) const {
  if (!options_.progress) return;
  const double images = static_cast<double>(at_.images);
  RunningMeans m;
  m.loss = at_.loss_sum / images;
  if (options_.logits >= 0) m.accuracy = static_cast<double>(at_.correct) / images;
  m.images_per_second = images / at_.epoch_seconds;
  m.noun = sample_noun(loader_.dataset());
  const std::int64_t steps_of_epoch = total_steps() / options_.epochs;
  m.seconds_left =
      (at_.phase_seconds + at_.epoch_seconds) / static_cast<double>(at_.step) *
      static_cast<double>(total_steps() - at_.step + options_.epochs_after * steps_of_epoch);
  options_.progress->bar(label, at_.batch, loader_.batches_per_epoch(), m);
}

/// The metrics of a finished epoch; false if the user asked to stop before it was evaluated.
bool Fit::finish_epoch(const std::string& label) {
  const double images = static_cast<double>(at_.images);
  const double loss = at_.loss_sum / images;
  Figures line{{"phase", options_.name},
               {"epoch", at_.epoch + 1},
               {"step", at_.step},
               {"lr", lr(at_.step - 1)},
               {"train_loss", loss}};
  char text[64];
  std::snprintf(text, sizeof text, "  loss %.4f", loss);
  std::string shown = label + text;
  if (options_.logits >= 0) {
    const double accuracy = static_cast<double>(at_.correct) / images;
    line.push_back({"train_accuracy", accuracy});
    shown += "  train " + percent(accuracy);
  }
  if (options_.hooks.evaluate) {
    std::optional<optim::EmaScope> averaged;
    if (ema_) averaged.emplace(*ema_);
    const std::optional<EpochScore> score =
        shared_score(ctx_.communicator, leads() ? options_.hooks.evaluate() : std::nullopt);
    if (!score) return false;
    offer(*score, at_.epoch + 1);
    line.insert(line.end(), score->figures.begin(), score->figures.end());
    shown += "  " + score->text;
  }
  const double rate = images / std::max(at_.epoch_seconds, 1e-9);
  line.push_back({"seconds", at_.epoch_seconds});
  line.push_back({"images_per_second", rate});
  if (options_.hooks.record && leads()) options_.hooks.record(line);
  if (options_.progress) {
    options_.progress->say(shown + "  " + std::to_string(std::llround(rate)) + " " +
                           sample_noun(loader_.dataset()) + "s/s  " +
                           duration_text(at_.epoch_seconds));
  }
  return true;
}

/// f(); an Error says where in the training it was.
template <class F>
auto Fit::placed(const F& f) {
  try {
    return f();
  } catch (const Error& e) {
    if (options_.progress) options_.progress->clear();
    fail(options_.name, " training, epoch ", at_.epoch + 1, " of ", options_.epochs, ", step ",
         at_.step + 1, ": ", e.what());
  }
}

/// What training ends with in place of the weights.
void Fit::keep_weights() {
  if (options_.keep == Keep::best && best_) {
    model_.load_state(best_->state);
    if (options_.progress) {
      const std::string which = best_->epoch == 0 ? "the weights before training"
                                                  : "epoch " + std::to_string(best_->epoch) +
                                                        " of " + std::to_string(at_.epoch);
      options_.progress->say("keeping " + which + ": " + best_->text);
    }
  } else if (ema_) {  // the average is the result
    ema_->swap();
  }
  ema_.reset();
}

Outcome Fit::run() {
  model_.train();
  const std::int64_t per_epoch = loader_.batches_per_epoch();
  while (at_.epoch < options_.epochs && !out_of_patience()) {
    const std::string label = begin_epoch();
    const double before = at_.epoch_seconds;
    const Clock::time_point start = Clock::now();
    while (at_.batch < per_epoch) {
      placed([&] { step(); });
      at_.epoch_seconds = before + seconds_since(start);
      show(label);
      if (stopped()) break;
      if (at_.batch < per_epoch && leads() && options_.hooks.batch_done)
        options_.hooks.batch_done();
    }
    if (stopped() || !placed([&] { return finish_epoch(label); })) {
      if (options_.hooks.save && leads()) options_.hooks.save();
      if (options_.progress) options_.progress->clear();
      return Outcome::interrupted;
    }
    FitPosition next;
    next.epoch = at_.epoch + 1;
    next.step = at_.step;
    next.phase_seconds = at_.phase_seconds + at_.epoch_seconds;
    at_ = next;
    if (options_.hooks.save && leads()) options_.hooks.save();
  }
  if (out_of_patience() && at_.epoch < options_.epochs && options_.progress) {
    options_.progress->say("no better epoch in " + std::to_string(options_.patience) +
                           ": training ends");
  }
  keep_weights();
  return Outcome::finished;
}

}  // namespace octet

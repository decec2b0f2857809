#include "fit/fit_run.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "eval/evaluate.h"
#include "fit/interrupt.h"
#include "fit/metrics_file.h"

namespace octet {
namespace {

using Clock = std::chrono::steady_clock;

std::function<std::optional<EpochScore>()> evaluation(Module& model, Loader& loader, Context& ctx,
                                                      const FitOptions& options) {
  EvaluationOptions how;
  how.stop = options.hooks.stop;
  how.inputs = options.inputs;
  how.logits = options.logits;
  how.loss = [loss = options.loss](std::span<const Var> outputs, const Batch& batch) {
    return loss.value(outputs, batch, 0);
  };
  const bool counts = options.logits >= 0;
  return [&model, &loader, &ctx, how, counts]() -> std::optional<EpochScore> {
    const Evaluation e = octet::evaluate(model, loader, ctx, how);
    if (e.stopped) return std::nullopt;
    EpochScore score;
    score.figures.push_back({"val_loss", e.loss});
    if (counts) {
      score.value = e.accuracy();
      score.tie_break = -e.loss;
      score.text = "val " + percent(e.accuracy());
      score.figures.push_back({"val_accuracy", e.accuracy()});
    } else {
      score.value = -e.loss;
      score.text = text_of("val loss ", e.loss);
    }
    return score;
  };
}

/// What options and checkpoint must agree on; a run cannot go on with others.
std::string fit_key(const FitOptions& o, const Loader& train) {
  return text_of(o.name, ", epochs ", o.epochs, ", batch ", train.options().batch, ", seed ",
                 train.options().seed, ", samples ", train.samples_per_epoch(), ", accumulate ",
                 o.accumulate_steps, ", clip ", o.clip_grad_norm, ", average ", o.ema_decay);
}

void write_summary(const FitResult& r, const std::filesystem::path& path) {
  nlohmann::ordered_json j{{"epochs", r.epochs}, {"steps", r.steps}, {"seconds", r.seconds}};
  if (r.best_epoch >= 0) {
    j["best_epoch"] = r.best_epoch;
    j["best_score"] = r.best_score;
  }
  const std::string text = j.dump(2) + "\n";
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace

FitResult fit(Module& model, optim::Optimizer& optimizer, Loader& train, Loader* validation,
              Context& ctx, FitOptions options, const FitFiles& files) {
  FitHooks& hooks = options.hooks;
  if (!hooks.stop) hooks.stop = interrupted;
  if (validation && !hooks.evaluate) hooks.evaluate = evaluation(model, *validation, ctx, options);
  const std::string key = fit_key(options, train);

  std::optional<Checkpoint> earlier;
  if (!files.checkpoint.empty() && std::filesystem::exists(files.checkpoint)) {
    earlier = read_checkpoint(files.checkpoint);
    OCTET_CHECK(earlier->text("fit") == key, files.checkpoint.string(),
                ": holds a training of other options: ", earlier->text("fit"), "; expected ", key);
  }
  std::optional<MetricsFile> metrics;
  if (!files.metrics.empty()) {
    metrics.emplace(files.metrics, earlier ? earlier->text("metrics") : std::string());
    hooks.record = [&, user = hooks.record](const Figures& line) {
      if (user) user(line);
      metrics->add(line);
    };
  }
  Fit* self = nullptr;
  Clock::time_point saved_at = Clock::now();
  const auto write = [&] {
    if (files.checkpoint.empty()) {
      if (metrics) metrics->write();
      return;
    }
    Checkpoint c;
    c.put("model", model.state());
    self->save(c);
    c.texts["fit"] = key;
    c.texts["metrics"] = metrics ? metrics->text() : "";
    write_checkpoint(c, files.checkpoint);
    if (metrics) metrics->write();
    saved_at = Clock::now();
  };
  hooks.save = [&, user = hooks.save] {
    if (user) user();
    write();
  };
  hooks.batch_done = [&, user = hooks.batch_done] {
    if (user) user();
    const std::chrono::duration<double> age = Clock::now() - saved_at;
    if (!files.checkpoint.empty() && files.every_seconds > 0 && age.count() >= files.every_seconds)
      write();
  };

  Fit training(model, optimizer, train, ctx, std::move(options));
  self = &training;
  if (earlier) {
    model.load_state(earlier->group("model"));
    training.load(*earlier);
    earlier.reset();
  }
  FitResult result;
  result.outcome = training.run();
  const FitPosition& at = training.position();
  result.epochs = at.epoch;
  result.steps = at.step;
  result.seconds = at.phase_seconds;
  result.best_epoch = training.best_epoch();
  if (result.best_epoch >= 0) result.best_score = training.best_score();
  if (result.outcome == Outcome::finished && !files.summary.empty()) {
    write_summary(result, files.summary);
  }
  return result;
}

}  // namespace octet

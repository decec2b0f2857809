#include "apps/trainer/phases.h"
#include "apps/trainer/score.h"
#include "base/error.h"

namespace octet::trainer {
namespace {

/// Epochs of quantization-aware training that follow.
std::int64_t quantized_epochs(const config::Config& c) {
  return c.qat() ? c.quant->stages.total() : 0;
}

}  // namespace

bool measure_float(Session& s) {
  if (s.results.contains("float." + std::string(s.main_figure().name))) return true;
  Loader test = s.test_loader(s.batch_size());
  const auto result = score(s, *s.model, test);
  if (!result) return false;
  put_results(s, "float", *result);
  s.progress.say("float network: " + epoch_score(s, *result, "test").text);
  return true;
}

Outcome run_train_phase(Session& s) {
  const setup::TrainingSection section = setup::train_section(s.config);
  const std::int64_t epochs = section.epochs;
  Loader loader = s.member_loader(section.batch, section.drop_last);
  Loader watched = s.watch_loader(section.batch);
  const std::string split = s.watch_name();
  TrainingPlan plan{.name = "float",
                    .model = *s.model,
                    .section = section,
                    .loader = loader,
                    .epochs_after = quantized_epochs(s.config),
                    .begin_epoch =
                        [&](std::int64_t epoch) {
                          return "epoch " + std::to_string(epoch + 1) + "/" +
                                 std::to_string(epochs);
                        },
                    .evaluate = [&]() -> std::optional<EpochScore> {
                      const auto result = score(s, *s.model, watched);
                      if (!result) return std::nullopt;
                      if (!s.has_validation()) put_results(s, "float", *result);
                      return epoch_score(s, *result, split);
                    }};
  if (train(s, plan) == Outcome::interrupted) return Outcome::interrupted;
  const FitPosition& at = s.fit->position();
  s.results["speed.epoch_seconds"] = at.phase_seconds / static_cast<double>(at.epoch);
  if (s.fit->kept_epoch() >= 0) {
    s.results["float.best_epoch"] = static_cast<double>(s.fit->kept_epoch());
    s.results["float.val_" + std::string(s.main_figure().name)] = best_figure(s);
  }
  s.enter(s.config.quantized() ? Phase::quantize : Phase::finish);
  s.save();
  return Outcome::finished;
}

}  // namespace octet::trainer

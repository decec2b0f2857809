#include "apps/trainer/interruptible.h"
#include "apps/trainer/phases.h"
#include "base/error.h"

namespace octet::trainer {

Outcome run_train_phase(Session& s) {
  const setup::TrainingSection section = setup::train_section(s.config);
  const std::int64_t epochs = section.epochs;
  Loader loader = s.train_loader(section.batch, section.drop_last);
  Loader test = s.test_loader(section.batch);
  TrainingPlan plan{.name = "float",
                    .model = *s.model,
                    .section = section,
                    .loader = loader,
                    .begin_epoch =
                        [&](std::int64_t epoch) {
                          return "epoch " + std::to_string(epoch + 1) + "/" +
                                 std::to_string(epochs);
                        },
                    .evaluate = [&](nlohmann::ordered_json& line) -> std::optional<std::string> {
                      const auto e = evaluate_unless_interrupted(*s.model, test, s.ctx);
                      if (!e) return std::nullopt;
                      line["test_loss"] = e->loss;
                      line["test_accuracy"] = e->accuracy();
                      s.results["float.loss"] = e->loss;
                      s.results["float.accuracy"] = e->accuracy();
                      return "test " + percent(e->accuracy());
                    }};
  if (train(s, plan) == Outcome::interrupted) return Outcome::interrupted;
  s.results["speed.epoch_seconds"] = s.at.phase_seconds / static_cast<double>(epochs);
  s.enter(s.config.quantized() ? Phase::quantize : Phase::finish);
  s.save();
  return Outcome::finished;
}

}  // namespace octet::trainer

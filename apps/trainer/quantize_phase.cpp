#include "apps/common/setup/network.h"
#include "apps/trainer/convert_report.h"
#include "apps/trainer/phases.h"
#include "apps/trainer/score.h"
#include "base/error.h"
#include "core/communicator.h"
#include "quant/convert.h"

namespace octet::trainer {
namespace {

void calibrate(Session& s) {
  const config::QuantConfig& c = *s.config.quant;
  Loader loader = s.member_loader(c.batch, /*drop_last=*/false);
  std::optional<IdleScope> idle;  // of the batch in work
  std::int64_t left = loader.batches_per_epoch();
  const auto batches = [&]() -> std::vector<Tensor> {
    idle.reset();
    if (left-- == 0) return {};
    const Batch batch = loader.next();
    idle.emplace(s.step_ctx().communicator, batch.empty);
    return {batch.x};
  };
  quant::calibrate(*s.qat, batches, quant::CalibrationOptions{.batches = c.calibrate_batches},
                   s.step_ctx());
  s.progress.say(
      "calibrated on " +
      std::to_string(std::min<std::int64_t>(c.calibrate_batches, loader.batches_per_epoch())) +
      " batches of " + std::to_string(c.batch));
}

/// The integer model that would ship now, on the split that training watches; nothing if the user
/// asked to stop.
std::optional<TaskScore> score_int8(Session& s, Loader& watched, quant::ConvertReport& report) {
  const int8::Model model = quant::convert(*s.qat, s.ctx, &report);
  return score(s, model, watched);
}

EpochScore int8_epoch(const Session& s, const TaskScore& score,
                      const quant::ConvertReport& report) {
  EpochScore e = epoch_score(s, score, "int8 " + s.watch_name());
  e.figures.insert(e.figures.begin(),
                   Figure{"stage", std::string(quant::stage_name(s.qat->stage()))});
  e.figures.push_back({"codes_compared", report.parity.compared});
  e.figures.push_back({"constant_channels", std::int64_t{constant_channels(report)}});
  return e;
}

/// How good it is right after calibration, which tells whether training or calibration is to blame
/// when int8 ends badly.
std::optional<EpochScore> score_calibrated(Session& s, Loader& watched) {
  quant::ConvertReport report;
  const std::optional<TaskScore> result = score_int8(s, watched, report);
  if (!result) return std::nullopt;
  EpochScore e = int8_epoch(s, *result, report);
  if (!s.results.contains("calibrated." + std::string(s.main_figure().name))) {
    put_results(s, "calibrated", *result);
    Figures line{{"phase", "calibrate"}};
    line.insert(line.end(), e.figures.begin(), e.figures.end());
    s.metrics->add(line);
    s.progress.say("after calibration: " + e.text);
  }
  return e;
}

Outcome fine_tune(Session& s) {
  const config::QuantConfig& c = *s.config.quant;
  const setup::TrainingSection section = setup::quant_section(s.config);
  const std::int64_t epochs = section.epochs;
  Loader loader = s.member_loader(c.batch, c.drop_last);
  Loader watched = s.watch_loader(c.batch);
  const bool begun = s.restored_training();
  std::optional<EpochScore> before;
  if (!begun) {
    if (s.leads()) before = score_calibrated(s, watched);
    if (!s.agreed(before.has_value())) {
      s.save();
      return Outcome::interrupted;
    }
    if (!before) before.emplace();  // it takes the leader's
  }
  std::vector<std::string> said;  // of what was lost
  TrainingPlan plan{
      .name = "qat",
      .model = *s.qat,
      .section = section,
      .loader = loader,
      .before = before,
      .begin_epoch =
          [&](std::int64_t epoch) {
            s.qat->advance(std::max(stage_of_epoch(c.stages, epoch), s.qat->first_stage()));
            return "epoch " + std::to_string(epoch + 1) + "/" + std::to_string(epochs) + " " +
                   std::string(quant::stage_name(s.qat->stage()));
          },
      .evaluate = [&]() -> std::optional<EpochScore> {
        quant::ConvertReport report;
        const auto result = score_int8(s, watched, report);
        if (!result) return std::nullopt;
        if (auto lost = loss_lines(report); lost != said) {
          for (const std::string& text : lost) s.progress.say(text);
          said = std::move(lost);
        }
        return int8_epoch(s, *result, report);
      }};
  if (train(s, plan) == Outcome::interrupted) return Outcome::interrupted;
  const FitPosition& at = s.fit->position();
  s.results["speed.epoch_seconds"] = at.phase_seconds / static_cast<double>(at.epoch);
  if (const std::int64_t best = s.fit->kept_epoch(); best >= 0) {
    s.results["int8.best_epoch"] = static_cast<double>(best);
    s.results["int8.val_" + std::string(s.main_figure().name)] = best_figure(s);
    // The stage that these weights were measured in.
    const quant::Stage stage =
        best == 0 ? s.qat->first_stage() : stage_of_epoch(c.stages, best - 1);
    s.qat->restore_stage(std::max(stage, s.qat->first_stage()));
  }
  return Outcome::finished;
}

}  // namespace

quant::Stage stage_of_epoch(const config::Stages& stages, std::int64_t epoch) {
  if (epoch < stages.train_bn) return quant::Stage::train_bn;
  if (epoch < stages.train_bn + stages.frozen_bn) return quant::Stage::frozen_bn;
  return quant::Stage::frozen_observers;
}

void make_quantized_model(Session& s) {
  s.qat = setup::prepare(s.config, s.network, s.input_shape());
}

void restore_quantized_model(Session& s) {
  const Checkpoint& c = *s.restored;
  const std::int64_t stage = c.integer("qat/stage");
  OCTET_CHECK(stage >= static_cast<std::int64_t>(quant::Stage::calibrate) &&
                  stage <= static_cast<std::int64_t>(quant::Stage::frozen_observers),
              c.origin, ": expected a stage from 0 to 3, got ", stage);
  s.qat->load_state(c.group("qat"));
  s.qat->restore_stage(static_cast<quant::Stage>(stage));
  const Tensor& sample = c.tensor("qat_sample");
  Shape expected = s.input_shape();
  if (sample.shape().rank() == expected.rank()) expected.set(0, sample.shape()[0]);
  OCTET_CHECK(sample.dtype() == ElementType::real && sample.shape() == expected &&
                  expected[0] >= 1 && expected[0] <= quant::QatModel::max_sample,
              c.origin, ": qat_sample: expected 1 to ", quant::QatModel::max_sample,
              " of the network's inputs ", s.input_shape(), ", got ", sample.shape());
  s.qat->set_sample({sample});
}

Outcome run_quantize_phase(Session& s) {
  if (!s.agreed(!s.leads() || measure_float(s))) {
    s.save();
    return Outcome::interrupted;
  }
  make_quantized_model(s);
  const bool resumed = s.restored && s.restored->integers.contains("qat/stage");
  if (resumed) {
    restore_quantized_model(s);
  } else {
    s.restored.reset();  // what is there belongs to the phase before
    calibrate(s);
  }
  if (s.config.qat() && fine_tune(s) == Outcome::interrupted) return Outcome::interrupted;
  s.restored.reset();
  s.enter(Phase::finish);
  s.save();
  return Outcome::finished;
}

}  // namespace octet::trainer

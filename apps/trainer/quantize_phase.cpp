#include "apps/common/setup/network.h"
#include "apps/trainer/convert_report.h"
#include "apps/trainer/interruptible.h"
#include "apps/trainer/phases.h"
#include "base/error.h"
#include "quant/convert.h"

namespace octet::trainer {
namespace {

/// The accuracy that quantization is measured against.
bool evaluate_float(Session& s) {
  if (s.results.contains("float.accuracy")) return true;
  Loader test = s.test_loader(s.batch_size());
  const auto e = evaluate_unless_interrupted(*s.model, test, s.ctx);
  if (!e) return false;
  s.results["float.loss"] = e->loss;
  s.results["float.accuracy"] = e->accuracy();
  s.progress.say("float network: test " + percent(e->accuracy()));
  return true;
}

void calibrate(Session& s) {
  const config::QuantConfig& c = *s.config.quant;
  Loader loader = s.train_loader(c.batch, /*drop_last=*/false);
  quant::calibrate(*s.qat, loader, quant::CalibrationOptions{.batches = c.calibrate_batches},
                   s.ctx);
  s.progress.say(
      "calibrated on " +
      std::to_string(std::min<std::int64_t>(c.calibrate_batches, loader.batches_per_epoch())) +
      " batches of " + std::to_string(c.batch));
}

Outcome fine_tune(Session& s, bool resumed) {
  const config::QuantConfig& c = *s.config.quant;
  const setup::TrainingSection section = setup::quant_section(s.config);
  const std::int64_t epochs = section.epochs;
  Loader loader = s.train_loader(c.batch, c.drop_last);
  Loader test = s.test_loader(c.batch);
  if (!resumed) s.restored.reset();  // what is there belongs to the phase before
  std::vector<std::string> said;     // of what was lost
  TrainingPlan plan{
      .name = "qat",
      .model = *s.qat,
      .section = section,
      .loader = loader,
      .begin_epoch =
          [&](std::int64_t epoch) {
            s.qat->advance(std::max(stage_of_epoch(c.stages, epoch), s.qat->first_stage()));
            return "epoch " + std::to_string(epoch + 1) + "/" + std::to_string(epochs) + " " +
                   std::string(quant::stage_name(s.qat->stage()));
          },
      .evaluate = [&](nlohmann::ordered_json& line) -> std::optional<std::string> {
        quant::ConvertReport report;
        const int8::Model model = quant::convert(*s.qat, s.ctx, &report);
        const auto e = evaluate_unless_interrupted(model, test, s.ctx);
        if (!e) return std::nullopt;
        if (auto lost = loss_lines(report); lost != said) {
          for (const std::string& text : lost) s.progress.say(text);
          said = std::move(lost);
        }
        line["stage"] = quant::stage_name(s.qat->stage());
        line["int8_accuracy"] = e->accuracy();
        line["codes_compared"] = report.parity.compared;
        line["constant_channels"] = constant_channels(report);
        return "int8 test " + percent(e->accuracy());
      }};
  if (train(s, plan) == Outcome::interrupted) return Outcome::interrupted;
  s.results["speed.epoch_seconds"] = s.at.phase_seconds / static_cast<double>(epochs);
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
  if (!evaluate_float(s)) {
    s.save();
    return Outcome::interrupted;
  }
  make_quantized_model(s);
  const bool resumed = s.restored && s.restored->integers.contains("qat/stage");
  if (resumed) {
    restore_quantized_model(s);
  } else {
    calibrate(s);
  }
  if (s.config.qat() && fine_tune(s, resumed) == Outcome::interrupted) return Outcome::interrupted;
  s.restored.reset();
  s.enter(Phase::finish);
  s.save();
  return Outcome::finished;
}

}  // namespace octet::trainer

#include "apps/trainer/judge.h"

#include <algorithm>

#include "apps/trainer/model_names.h"
#include "eval/confusion_text.h"
#include "fit/interrupt.h"
#include "quant/diagnosis/diagnose_int8.h"

namespace octet::trainer {
namespace {

/// A matrix of more classes is not written down.
constexpr int most_classes_written = 100;
/// Samples for the accuracy of each layer in floats.
constexpr std::int64_t most_judged = 512;

/// Batches of the training split, one a call; then none.
std::function<std::vector<Tensor>()> batches_of(Loader& loader, int most) {
  return [&loader, left = most]() mutable -> std::vector<Tensor> {
    if (left-- <= 0) return {};
    return {loader.next().x};
  };
}

quant::QuantizedRun quantized_run(const Session& s, const Summary& summary) {
  const config::QuantConfig& c = *s.config.quant;
  quant::QuantizedRun run;
  run.float_accuracy = summary.at("float").at("accuracy");
  run.int8_accuracy = summary.at("int8").at("accuracy");
  run.calibration_batches = c.calibrate_batches;
  if (s.config.qat()) {
    const auto calibrated = s.results.find("calibrated.accuracy");
    if (calibrated != s.results.end()) run.calibrated_accuracy = calibrated->second;
    run.learning_rate = c.optimizer.lr;
    run.batch = c.batch;
    run.batch_statistics = c.stages.train_bn > 0;
  }
  return run;
}

}  // namespace

void Judgement::observe(std::span<const Var> outputs, const Batch& batch,
                        std::span<const std::int64_t> indices) {
  confusion.add(outputs[0].value(), batch.y);
  worst.add(outputs[0].value(), batch.y, indices);
}

bool diagnose(Session& s, const Summary& summary, Judgement& judgement) {
  const int batch = s.config.quant->batch;
  constexpr int batches = 4;
  Loader loader = s.train_loader(batch, /*drop_last=*/false);
  const int most = static_cast<int>(std::min<std::int64_t>(batches, loader.batches_per_epoch()));
  judgement.layers =
      quant::measure_layer_errors(*s.qat, *s.graph(), batches_of(loader, most), s.ctx, batches);
  const quant::QuantizedRun run = quantized_run(s, summary);
  if (run.float_accuracy - run.int8_accuracy <= quant::worth_diagnosing) return !interrupted();
  s.progress.say("warning: int8 has " + percent(run.int8_accuracy) + " where float has " +
                 percent(run.float_accuracy) + ": looking for the layer");
  Loader watched = s.watch_loader(batch, most_judged);
  const auto accuracy = [&](Module& network) {
    return evaluate(network, watched, s.ctx, {.stop = interrupted}).accuracy();
  };
  const quant::AccuracyInFloats in_floats =
      quant::measure_in_floats(*s.qat, judgement.layers, accuracy);
  if (interrupted()) return false;
  for (const quant::Advice& a : quant::diagnose_int8(run, judgement.layers, in_floats)) {
    judgement.advice.push_back(std::string(quant::knob_name(a.knob)) + ": " + a.text);
    s.progress.say("  " + judgement.advice.back());
  }
  return true;
}

void add_judgement(const Session& s, const Judgement& judgement, Summary& summary) {
  const std::vector<std::string> names = output_names(s);
  const ConfusionMatrix& matrix = judgement.confusion;
  summary["confusion"] = Summary::parse(confusion_json(matrix, names));
  if (matrix.classes() > most_classes_written) summary["confusion"].erase("matrix");
  auto worst = Summary::array();
  for (const JudgedSample& w : judgement.worst.samples()) {
    worst.push_back({{"index", w.index},
                     {"truth", w.truth},
                     {"predicted", w.predicted},
                     {"probability", w.probability},
                     {"loss", w.loss}});
  }
  summary["worst"] = std::move(worst);
  if (!judgement.layers.empty())
    summary["layers"] = Summary::parse(quant::layer_error_json(judgement.layers));
  if (!judgement.advice.empty()) summary["advice"] = judgement.advice;
  if (matrix.classes() <= most_classes_shown && !s.brief)
    s.progress.say("\n" + confusion_text(matrix, names) + "\n" + class_table(matrix, names));
}

}  // namespace octet::trainer

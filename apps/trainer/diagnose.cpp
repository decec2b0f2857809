// Where int8 is worse than float.
#include <algorithm>

#include "apps/trainer/judge.h"
#include "apps/trainer/score.h"
#include "fit/interrupt.h"
#include "quant/diagnosis/diagnose_int8.h"

namespace octet::trainer {
namespace {

/// Samples for the figure of each layer in floats.
constexpr std::int64_t most_judged = 512;

/// Batches of the training split, one a call; then none.
std::function<std::vector<Tensor>()> batches_of(Loader& loader, int most) {
  return [&loader, left = most]() mutable -> std::vector<Tensor> {
    if (left-- <= 0) return {};
    return {loader.next().x};
  };
}

quant::QuantizedRun quantized_run(const Session& s, const Summary& summary,
                                  const std::string& figure) {
  const config::QuantConfig& c = *s.config.quant;
  quant::QuantizedRun run;
  run.float_accuracy = summary.at("float").at(figure);
  run.int8_accuracy = summary.at("int8").at(figure);
  run.calibration_batches = c.calibrate_batches;
  if (s.config.qat()) {
    const auto calibrated = s.results.find("calibrated." + figure);
    if (calibrated != s.results.end()) run.calibrated_accuracy = calibrated->second;
    run.learning_rate = c.optimizer.lr;
    run.batch = c.batch;
    run.batch_statistics = c.stages.train_bn > 0;
  }
  return run;
}

}  // namespace

const FigureKind& diagnosed_figure(const Session& s) {
  const auto is_part_of_one = [](const FigureKind& kind) {
    return kind.percent || kind.name == "r2" || kind.name.ends_with(".r2");
  };
  return *std::ranges::find_if(s.figures, is_part_of_one);
}

bool diagnose(Session& s, const Summary& summary, Judgement& judgement) {
  const int batch = s.config.quant->batch;
  constexpr int batches = 4;
  Loader loader = s.train_loader(batch, /*drop_last=*/false);
  const int most = static_cast<int>(std::min<std::int64_t>(batches, loader.batches_per_epoch()));
  judgement.layers =
      quant::measure_layer_errors(*s.qat, *s.graph(), batches_of(loader, most), s.ctx, batches);
  const FigureKind& figure = diagnosed_figure(s);
  const quant::QuantizedRun run = quantized_run(s, summary, figure.name);
  if (run.float_accuracy - run.int8_accuracy <= quant::worth_diagnosing) return !interrupted();
  const std::string of = s.task() == Task::classification ? "" : " of " + figure.text;
  s.progress.say("warning: int8 has " + percent(run.int8_accuracy) + of + " where float has " +
                 percent(run.float_accuracy) + ": looking for the layer");
  Loader watched = s.watch_loader(batch, most_judged);
  const auto judge = [&](Module& network) {
    const auto result = score(s, network, watched);
    return result ? *result->figure(figure.name) : 0;
  };
  const quant::AccuracyInFloats in_floats =
      quant::measure_in_floats(*s.qat, judgement.layers, judge);
  if (interrupted()) return false;
  for (const quant::Advice& a : quant::diagnose_int8(run, judgement.layers, in_floats)) {
    judgement.advice.push_back(std::string(quant::knob_name(a.knob)) + ": " + a.text);
    s.progress.say("  " + judgement.advice.back());
  }
  return true;
}

}  // namespace octet::trainer

// How the model that ships does on the test split, and what to change where it does badly.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/trainer/summary.h"
#include "eval/confusion_matrix.h"
#include "eval/evaluate.h"
#include "eval/worst_samples.h"
#include "quant/diagnosis/layer_errors.h"

namespace octet::trainer {

struct Judgement {
  explicit Judgement(int classes) : confusion(classes) {}
  ConfusionMatrix confusion;
  WorstSamples worst{20};
  std::vector<quant::LayerError> layers = {};  ///< of a quantized network
  std::vector<std::string> advice = {};        ///< where int8 has lost more than a point

  /// For EvaluationOptions::observe: fills confusion and worst.
  void observe(std::span<const Var> outputs, const Batch& batch,
               std::span<const std::int64_t> indices);
};

/// Measures the errors of session.qat's layers, and where int8 has lost more than a point what the
/// layers' share in it is, on a part of the split that training watches; says what to change. False
/// if the user asked to stop.
bool diagnose(Session& s, const Summary& summary, Judgement& judgement);

/// Adds "confusion", "worst", "layers" and "advice", and says the matrix of up to 12 classes.
void add_judgement(const Session& s, const Judgement& judgement, Summary& summary);

/// Writes report.html, curves.csv and TensorBoard's events from what is known of the run.
void write_reports(const Session& s, const Judgement& judgement, const Summary& summary);

}  // namespace octet::trainer

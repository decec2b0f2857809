// How the model that ships does on the test split, and what to change where it does badly.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/trainer/summary.h"
#include "eval/task_score.h"
#include "eval/worst_outputs.h"
#include "eval/worst_samples.h"
#include "quant/diagnosis/layer_errors.h"
#include "report/report_html.h"

namespace octet::trainer {

struct Judgement {
  explicit Judgement(const Session& s);

  Task task;
  std::vector<TaskHead> heads;     ///< of multi_task
  TaskDetails details = {};        ///< of the test split
  WorstSamples worst{20};          ///< of classification
  WorstOutputs worst_outputs{20};  ///< of the other tasks; of segmentation classes of pixels
  /// Of numbers: (true, predicted), with their names.
  std::vector<std::vector<std::pair<double, double>>> pairs = {};
  std::vector<std::string> pair_names = {};
  /// Of autoencoders: scores above are anomalies.
  std::optional<double> threshold = {};
  std::vector<quant::LayerError> layers = {};  ///< of a quantized network
  std::vector<std::string> advice = {};        ///< where int8 has lost more than a point

  /// What evaluation of the test split takes to fill it in.
  TaskEvaluationOptions options();

 private:
  void observe(std::span<const Var> outputs, const Batch& batch,
               std::span<const std::int64_t> indices);
};

/// The figure that says how much int8 has lost, a part of 1: larger is better.
const FigureKind& diagnosed_figure(const Session& s);
/// Measures the errors of session.qat's layers, and where int8 has lost more than a point what the
/// layers' share in it is, on a part of the split that training watches; says what to change. False
/// if the user asked to stop.
bool diagnose(Session& s, const Summary& summary, Judgement& judgement);

/// Finds the threshold of an autoencoder, on the validation split, or without one on the training
/// split; of another network none. False if the user asked to stop.
bool find_threshold(Session& s, Module& model, Judgement& judgement);
bool find_threshold(Session& s, const int8::Model& model, Judgement& judgement);

/// Of classes, of pixels, of normal samples and anomalies by the threshold, or of each head that
/// has classes, with its name.
std::vector<report::ConfusionTable> judged_confusions(const Session& s, const Judgement& judgement);
/// Adds "confusion", "anomaly", "worst", "layers" and "advice", and says the matrix of up to 12
/// classes.
void add_judgement(const Session& s, const Judgement& judgement, Summary& summary);

/// Writes report.html, curves.csv and TensorBoard's events from what is known of the run.
void write_reports(const Session& s, const Judgement& judgement, const Summary& summary);

}  // namespace octet::trainer

// How good a network is at its task: the loss and the figures of figures_of().
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "eval/anomaly_scores.h"
#include "eval/confusion_matrix.h"
#include "eval/evaluate.h"
#include "eval/regression_error.h"
#include "eval/task.h"
#include "eval/task_head.h"

namespace octet {

/// How figures come about.
struct TaskMeasure {
  Task task = Task::classification;
  int classes = 0;  ///< of segmentation: of the masks
  /// Mean loss of a batch; unset: cross-entropy of the logits, or the mean squared error.
  std::function<Var(std::span<const Var> outputs, const Batch&)> loss = {};
  std::vector<TaskHead> heads = {};  ///< of multi_task: of each output; they have losses

  std::vector<FigureKind> figures() const;
};

struct TaskScore {
  double loss = 0;           ///< mean over the samples
  std::int64_t samples = 0;  ///< 0: none were seen
  bool stopped = false;      ///< by TaskEvaluationOptions::stop: the rest means nothing
  /// By their names, the first as in figures_of(). AUC is there where both kinds are.
  std::vector<std::pair<std::string, double>> figures = {};

  /// Of the first figure; larger or smaller is better.
  double value() const { return figures.at(0).second; }
  /// Nothing if it was not measured; "loss" is the loss.
  std::optional<double> figure(std::string_view name) const;
};

/// What figures are made of, for those who show it.
struct TaskDetails {
  std::optional<ConfusionMatrix> confusion = {};  ///< of segmentation: of pixels
  RegressionError error = {};                     ///< of regression
  AnomalyScores anomalies = {};                   ///< of autoencoders
  std::vector<TaskDetails> heads = {};            ///< of multi_task
};

struct TaskEvaluationOptions {
  std::function<bool()> stop = {};  ///< asked before each batch
  /// Sees each batch, as EvaluationOptions::observe.
  std::function<void(std::span<const Var> outputs, const Batch&,
                     std::span<const std::int64_t> indices)>
      observe = {};
  TaskDetails* details = nullptr;  ///< gets them
};

/// The network's first output is judged: logits [N, K] for labels, numbers for the batch's values,
/// the reconstruction of x, or logits [N, H, W, K] for masks, of which ignored_class does not
/// count; of multi_task all are. Labels of an autoencoder's samples: 0 normal, else anomalies; its
/// figures but the AUC are those of the normal ones. Throws Error as evaluate(), and for outputs of
/// other extents.
TaskScore evaluate_task(Module& model, Loader& loader, Context& ctx, const TaskMeasure& measure,
                        const TaskEvaluationOptions& options = {});
TaskScore evaluate_task(const int8::Model& model, Loader& loader, Context& ctx,
                        const TaskMeasure& measure, const TaskEvaluationOptions& options = {});

// Losses of a batch from a network's first output.

/// Cross-entropy of logits [N, H, W, K] and masks [N, H, W] without the pixels of ignored_class.
Var mask_cross_entropy(const Var& logits, const Tensor& masks,
                       const CrossEntropyOptions& options = {});
/// A batch's masks as labels: -1, which does not count, for ignored_class.
Tensor counted_labels(const Tensor& masks);
/// `values` with the extents of the network's output. Throws Error unless it has as many elements.
Tensor like_output(const Tensor& values, const Var& output);

}  // namespace octet

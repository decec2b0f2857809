// One output of a network that has several, each with a task of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/tape.h"
#include "eval/task.h"

namespace octet {

/// Targets are samples of numbers, of which each head has some (Dataset::labels, real [N, K]).
struct TaskHead {
  std::string name;
  Task task = Task::classification;  ///< or regression
  /// Of a sample's numbers: the class, or what is predicted.
  std::vector<std::int64_t> columns = {};
  int classes = 0;    ///< of classification
  double weight = 1;  ///< of its loss in the sum of all
  /// Mean loss of a batch from the output [N, width()] and head_target(). Unset: cross-entropy, or
  /// the mean squared error.
  std::function<Var(const Var& output, const Tensor& target)> loss = {};

  /// Numbers that the output has for each sample.
  std::int64_t width() const {
    return task == Task::classification ? classes : static_cast<std::int64_t>(columns.size());
  }
};

/// What the head is trained towards, of samples' numbers [N, K]: classes i32 [N], or real
/// [N, width()]. Throws Error for what is no class of the head's.
Tensor head_target(const TaskHead& head, const Tensor& values);

/// The network's outputs, one for each head, each as [N, width()]. Throws Error if they are not.
std::vector<Var> head_outputs(std::span<const TaskHead> heads, std::span<const Var> outputs);

/// Sum of the heads' losses by their weights.
Var heads_loss(std::span<const TaskHead> heads, std::span<const Var> outputs, const Tensor& values);

/// The loss, then "<head>.<figure>" of each head.
std::vector<FigureKind> figures_of(std::span<const TaskHead> heads);

}  // namespace octet

// Losses: ops with one element as result, summed in double in an order fixed by the shapes. Targets
// are data and get no gradient.
#pragma once

#include <string>

#include "core/tape.h"

namespace octet {

struct CrossEntropyOptions {
  /// The target of each sample is (1 - s) its label + s / K every class (Szegedy et al. 2016).
  double label_smoothing = 0;
  /// Real [K]: factor on each class's terms; the mean is then over the labels' weights.
  /// Undefined: 1.
  Tensor class_weights;
};

/// Mean over the batch of -sum_k t_k log softmax(x)_k. Inputs: logits [N, K], labels i32 [N].
/// Throws Error for a label outside [0, K).
struct SoftmaxCrossEntropyOp final : Op {
  CrossEntropyOptions options;
  /// Throws Error unless 0 <= label_smoothing < 1 and the weights are finite, >= 0, not all 0.
  explicit SoftmaxCrossEntropyOp(CrossEntropyOptions o = {});
  std::string_view name() const override { return "softmax_cross_entropy"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Mean over all elements of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)). Inputs: logits,
/// targets of the same shape (in [0, 1], not checked).
struct BceWithLogitsOp final : Op {
  std::string_view name() const override { return "bce_with_logits"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Mean over all elements of (x - t)^2.
struct MseOp final : Op {
  std::string_view name() const override { return "mse"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Mean over all elements of |x - t|; no gradient where they are equal.
struct L1Op final : Op {
  std::string_view name() const override { return "l1"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// T^2 times the mean over the batch of KL(softmax(teacher / T) || softmax(student / T)) (Hinton et
/// al. 2015). Inputs: student and teacher logits [N, K].
struct DistillationOp final : Op {
  double temperature;
  /// Throws Error unless T is finite and > 0.
  explicit DistillationOp(double t);
  std::string_view name() const override { return "distillation"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// labels: i32 [N].
Var cross_entropy(Var logits, const Tensor& labels, const CrossEntropyOptions& options = {});
Var bce_with_logits(Var logits, const Tensor& targets);
Var mse_loss(Var x, const Tensor& targets);
Var l1_loss(Var x, const Tensor& targets);
/// Add it to the loss on the labels, each with its factor: 0.9 * distillation + 0.1 *
/// cross_entropy.
Var distillation_loss(Var student, const Tensor& teacher, double temperature);

}  // namespace octet

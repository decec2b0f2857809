// Losses: ops with one element as result, summed in double in an order fixed by the shapes. Targets
// are data and get no gradient.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/tape.h"

namespace octet {

/// How SoftmaxCrossEntropyOp weighs samples and classes.
struct CrossEntropyOptions {
  /// The target of each sample is (1 - s) its label + s / K every class (Szegedy et al. 2016).
  double label_smoothing = 0;
  /// Real [K]: factor on each class's terms; the mean is then over the labels' weights. If those
  /// are all 0, so are the loss and its gradients (the samples do not count). Undefined: 1.
  Tensor class_weights = {};
  /// What the sum over the batch is divided by; 0: the sum of the labels' weights. A batch that is
  /// worked off in parts takes that of the whole batch (label_weight) for each of them: losses and
  /// gradients of the parts then add up to those of the batch.
  double divisor = 0;
};

/// Mean over the labels of -sum_k t_k log softmax(x)_k. Inputs: logits [..., K], labels i32 [...];
/// -1 does not count. Throws Error for any other label outside [0, K).
struct SoftmaxCrossEntropyOp final : Op {
  CrossEntropyOptions options;
  /// Throws Error unless 0 <= label_smoothing < 1, the weights are finite, >= 0, not all 0, and
  /// divisor is finite and >= 0.
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

/// The sum of the labels' weights. `class_weights`: see CrossEntropyOptions. Throws Error for a
/// label that has none.
double label_weight(std::span<const std::int32_t> labels, const Tensor& class_weights);

/// labels: i32 [...].
Var cross_entropy(Var logits, const Tensor& labels, const CrossEntropyOptions& options = {});
/// Records the op of this name; the op says what it computes.
/// @{
Var bce_with_logits(Var logits, const Tensor& targets);
Var mse_loss(Var x, const Tensor& targets);
Var l1_loss(Var x, const Tensor& targets);
/// @}
/// Add it to the loss on the labels, each with its factor:
/// real(0.9) * distillation_loss(s, t, 4) + real(0.1) * cross_entropy(s, labels).
Var distillation_loss(Var student, const Tensor& teacher, double temperature);

}  // namespace octet

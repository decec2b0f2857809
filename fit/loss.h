// Losses as the training loop takes them: of one batch, where an update may be made from several.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/ops/losses.h"
#include "data/loader.h"

namespace octet {

/// A loss, and the weight that a batch has in an update made of several.
struct FitLoss {
  /// The loss of a batch from the network's outputs, one element. `divisor`: what the sum over the
  /// batch is divided by, which is the weight of all batches of the update; 0: that of this batch.
  std::function<Var(std::span<const Var> outputs, const Batch& batch, double divisor)> value;
  /// The weight of samples with these labels. Unset: how many they are.
  std::function<double(std::span<const std::int32_t> labels)> weight = {};
};

/// Softmax cross-entropy of the output `logits` [N, K] and the labels.
FitLoss cross_entropy_loss(CrossEntropyOptions options = {}, int logits = 0);

/// A loss that is the mean over a batch's samples, such as mse_loss(outputs[0], batch.y).
FitLoss mean_loss(std::function<Var(std::span<const Var> outputs, const Batch& batch)> loss);

}  // namespace octet

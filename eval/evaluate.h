// Accuracy, loss and further figures over a data set: of a float or quantized network, and of an
// integer model.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/context.h"
#include "data/loader.h"
#include "int8/engine/model.h"
#include "layers/module.h"

namespace octet {

/// What evaluate() found.
struct Evaluation {
  double loss = 0;  ///< mean over the images
  std::int64_t correct = 0, images = 0;
  std::int64_t labels = 0;  ///< that could be correct: one an image, of masks one a pixel
  bool stopped = false;     ///< by EvaluationOptions::stop: what is here is of the batches before
  /// 0 where there are no labels.
  double accuracy() const {
    return labels == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(labels);
  }
};

/// What evaluate() does beside accuracy and cross-entropy.
struct EvaluationOptions {
  /// Asked before each batch; true ends the evaluation.
  std::function<bool()> stop = {};
  /// A batch's tensors for a network of several inputs; unset: its x.
  std::function<std::vector<Tensor>(const Batch&)> inputs = {};
  /// Which of the outputs are the logits that `correct` counts; -1: none.
  int logits = 0;
  /// Mean loss of a batch from the network's outputs; unset: cross-entropy of the logits.
  std::function<Var(std::span<const Var> outputs, const Batch&)> loss = {};
  /// Sees each batch: for a confusion matrix, worst samples and other figures. `indices`: of its
  /// samples in the data set.
  std::function<void(std::span<const Var> outputs, const Batch&,
                     std::span<const std::int64_t> indices)>
      observe = {};
};

/// How many rows of `logits` [..., K] have their largest value, the first of equals, at the label
/// (i32 [...]). Throws Error for other shapes.
std::int64_t count_correct(const Tensor& logits, const Tensor& labels);

/// The first epoch of the loader (which is then put back to where it was) in evaluation mode.
/// The logits are [N, classes], of masks [N, H, W, classes]; labels below 0 do not count. Throws
/// Error naming the layer if the loss is not finite.
Evaluation evaluate(Module& model, Loader& loader, Context& ctx,
                    const EvaluationOptions& options = {});

/// The same of an integer model, with ctx.threads.size() threads: codes of its inputs by the
/// engine's own quantization; logits of any shape, of masks as above. Throws Error unless inputs
/// and outputs are float or quantized codes, the inputs of the model's size, and the loss is
/// finite.
Evaluation evaluate(const int8::Model& model, Loader& loader, Context& ctx,
                    const EvaluationOptions& options = {});

}  // namespace octet

// Accuracy and loss of a classifier over a data set: of a float or quantized network, and of an
// integer model.
#pragma once

#include <cstdint>
#include <functional>

#include "core/context.h"
#include "data/loader.h"
#include "int8/engine/model.h"
#include "layers/module.h"

namespace octet {

struct Evaluation {
  double loss = 0;  ///< mean cross-entropy
  std::int64_t correct = 0, images = 0;
  bool stopped = false;  ///< by EvaluationOptions::stop: what is here is of the batches before
  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(images); }
};

struct EvaluationOptions {
  /// Asked before each batch; true ends the evaluation.
  std::function<bool()> stop = {};
};

/// How many rows of `logits` [N, K] have their largest value, the first of equals, at the label
/// (i32 [N]). Throws Error for other shapes.
std::int64_t count_correct(const Tensor& logits, const Tensor& labels);

/// The first epoch of the loader (which is then put back to where it was) in evaluation mode.
/// `model` returns logits [N, classes]. Throws Error naming the layer if the loss is not finite.
Evaluation evaluate(Module& model, Loader& loader, Context& ctx,
                    const EvaluationOptions& options = {});

/// The same of an integer model, with ctx.threads.size() threads: codes of its inputs by the
/// engine's own quantization, its outputs taken as logits. Throws Error unless the model has one
/// input of the loader's size and one output, each int8 or float.
Evaluation evaluate(const int8::Model& model, Loader& loader, Context& ctx,
                    const EvaluationOptions& options = {});

}  // namespace octet

// Accuracy on a data set: of a float network, and of an integer model.
#pragma once

#include <cstdint>
#include <optional>

#include "core/context.h"
#include "data/loader.h"
#include "int8/engine/model.h"
#include "layers/module.h"

namespace octet::trainer {

struct Evaluation {
  double loss = 0;  ///< mean cross-entropy; of float and QAT networks
  std::int64_t correct = 0, images = 0;
  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(images); }
};

/// How many rows of `logits` [N, K] have their largest value, the first of equals, at the label.
std::int64_t count_correct(const Tensor& logits, const Tensor& labels);

/// One epoch of the loader, in evaluation mode. Nothing if the user asked to stop.
std::optional<Evaluation> evaluate(Context& ctx, Module& model, Loader& loader);

/// The same on the integer model: input codes by the engine's own quantization, the first largest
/// output code wins. Throws Error unless the model has one int8 input and one int8 output of the
/// loader's sizes.
std::optional<Evaluation> evaluate(const int8::Model& model, Loader& loader, int threads);

}  // namespace octet::trainer

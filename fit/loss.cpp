#include "fit/loss.h"

#include <utility>

#include "base/error.h"
#include "core/ops/ops.h"

namespace octet {

FitLoss cross_entropy_loss(CrossEntropyOptions options, int logits) {
  FitLoss loss;
  loss.value = [options, logits](std::span<const Var> outputs, const Batch& batch,
                                 double divisor) mutable {
    OCTET_CHECK(logits >= 0 && static_cast<std::size_t>(logits) < outputs.size(),
                "cross-entropy: the logits are output ", logits, ", but there are ", outputs.size(),
                " outputs");
    options.divisor = divisor;
    return cross_entropy(outputs[static_cast<std::size_t>(logits)], batch.y, options);
  };
  if (options.class_weights.defined()) {
    loss.weight = [weights = options.class_weights](std::span<const std::int32_t> labels) {
      return label_weight(labels, weights);
    };
  }
  return loss;
}

FitLoss mean_loss(std::function<Var(std::span<const Var>, const Batch&)> loss) {
  OCTET_CHECK(loss, "mean_loss: expected a function, got none");
  return {.value = [f = std::move(loss)](std::span<const Var> outputs, const Batch& batch,
                                         double divisor) {
    const Var mean = f(outputs, batch);
    if (divisor == 0) return mean;
    const double part = static_cast<double>(batch.x.shape()[0]) / divisor;
    const Tensor factor = Tensor::full(mean.shape(), static_cast<real>(part));
    return mean * mean.tape->constant(factor);
  }};
}

}  // namespace octet

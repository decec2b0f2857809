// Evaluation that ends when the user asks to stop.
#pragma once

#include <optional>

#include "eval/evaluate.h"
#include "fit/interrupt.h"

namespace octet::trainer {

/// octet::evaluate, of a network or an integer model. Nothing if the user asked to stop.
template <class Model>
std::optional<Evaluation> evaluate_unless_interrupted(Model& model, Loader& loader, Context& ctx,
                                                      EvaluationOptions options = {}) {
  options.stop = interrupted;
  const Evaluation e = octet::evaluate(model, loader, ctx, options);
  if (e.stopped) return std::nullopt;
  return e;
}

}  // namespace octet::trainer

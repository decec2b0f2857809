// One training step in double precision: the slow reference of the float step, and of the gradients
// of a quantized one. Plain data only: the implementation is built with another `real` and shares
// no type with its caller.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet::bench {

/// What an op's result was in the step under test: it takes the place of what double precision
/// computes there, so that both steps differentiate at the same values; behind a quantized layer
/// the gradient passes where the clamp did not act.
struct ReferenceValue {
  const char* layer;   ///< the float op's name in a trace; null: values are those of all its ops
  const float* reals;  ///< scale (code - zero point)
  std::int64_t count;  ///< of reals
  bool batch_norm, clamp;    ///< behind the batch norm, the clamp activation that follow the op
  const float *mean, *var;   ///< running statistics of the batch norm; null: the batch's own
  double scale, zero_point;  ///< v / scale + zero_point: where a real v is among the codes
  /// The clamp, in codes. The gradient passes where it did not act: the code tells, but at the
  /// bounds themselves, where the computed real tells; no gradient passes at an open lower bound.
  double lo, hi;
  bool open_lower;
};

struct ReferenceStep {
  const char* model;  ///< of the zoo
  int classes, in_h, in_w, in_c;
  double width;
  std::int64_t batch;
  const float* parameters;  ///< all of them, one behind the other, as named_parameters() has them
  const float* x;           ///< [batch, in_h, in_w, in_c]
  const std::int32_t* labels;    ///< of a classifier, else null
  const float* target;           ///< what the others reconstruct, [batch, in_h * in_w * in_c]
  double label_smoothing;        ///< see CrossEntropyOptions
  const float* class_weights;    ///< [classes] or null
  const ReferenceValue* values;  ///< null: none is replaced
  std::int64_t value_count;
  // Results
  double loss;
  double* gradients;  ///< as many as parameters; null: not wanted
};

/// Softmax cross entropy, or the mean squared error against the target where the model is no
/// classifier, and its gradients. Batch norm in training mode, unless a value says otherwise.
/// False, and a message, if that fails.
[[gnu::visibility("default")]] bool run_reference_step(ReferenceStep& step, char* message,
                                                       std::size_t message_size) noexcept;

}  // namespace octet::bench

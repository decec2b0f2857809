// One training step in double precision: the slow reference of the float step. Plain data only:
// the implementation is built with another `real` and shares no type with its caller.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet::bench {

struct ReferenceStep {
  const char* model;  ///< of the zoo
  int classes, in_h, in_w, in_c;
  double width;
  std::int64_t batch;
  const float* parameters;  ///< all of them, one behind the other, as named_parameters() has them
  const float* x;           ///< [batch, in_h, in_w, in_c]
  const std::int32_t* labels;
  // Results
  double loss;
  double* gradients;  ///< as many as parameters
};

/// Softmax cross entropy and its gradients, batch norm in training mode. False, and a message, if
/// that fails.
[[gnu::visibility("default")]] bool run_reference_step(ReferenceStep& step, char* message,
                                                       std::size_t message_size) noexcept;

}  // namespace octet::bench

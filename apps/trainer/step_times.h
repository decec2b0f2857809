// What a training step costs: float against quantized.
#pragma once

#include "apps/trainer/session.h"

namespace octet::trainer {

struct StepTimes {
  double float_ms = 0;
  double qat_ms = 0;  ///< 0 unless mode is qat
};

/// Medians over interleaved steps (zero_grad, forward, backward, update) of copies of the float
/// and, with mode qat, the quantized network on one batch and the session's threads; the quantized
/// one in the stage with most epochs. The session's own networks stay as they are. With mode qat
/// requires session.qat.
StepTimes measure_step_times(Session& s);

}  // namespace octet::trainer

// The phases of a run. Each starts from the session's state and leaves it ready for the next, or
// saved if the user asked to stop.
#pragma once

#include "apps/trainer/session.h"
#include "apps/trainer/train_loop.h"

namespace octet::trainer {

/// All phases from where the session stands to the last one, which the leader alone runs.
Outcome run_phases(Session& s);

/// Trains the float network.
Outcome run_train_phase(Session& s);

/// Has the float network's figures and loss on the test split in session.results: what
/// quantization is measured against. False if the user asked to stop.
bool measure_float(Session& s);

/// Prepares the quantized model, calibrates it and, with mode qat, trains it. What the epochs'
/// lines show as int8 is measured on the converted integer model.
Outcome run_quantize_phase(Session& s);

/// Writes model.tflite and summary.json from the trained state: converts, reads the file back,
/// evaluates it on the test split and compares every code of every layer with the training forward.
/// Throws Error naming the layer if one differs.
Outcome run_finish_phase(Session& s);

/// Makes session.qat from the float network, without parameters of its own yet.
void make_quantized_model(Session& s);
/// Takes session.qat's state from `restored`.
void restore_quantized_model(Session& s);
/// The stage that `epoch` (of all stages together) belongs to.
quant::Stage stage_of_epoch(const config::Stages& stages, std::int64_t epoch);

}  // namespace octet::trainer

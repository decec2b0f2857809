// A prepared model with some of its layers computed in floats: what each costs, measured.
#pragma once

#include <functional>
#include <memory>

#include "quant/qat_model.h"

namespace octet::quant {

/// The model's forward in evaluation mode, where the layers that `chosen` (by QOp::layer) are
/// computed in reals with the model's present weights, as QConfig::float_layers would have them:
/// their operands are dequantized, their results quantized with the same params. Results that
/// chosen layers alone read, or that are the network's, stay in floats. With all chosen it is the
/// float function of the present weights. Shares parameters and statistics with `model`; scales
/// are those of now. No gradients. Throws Error in Stage::calibrate.
std::shared_ptr<GraphModule> compute_in_floats(QatModel& model,
                                               const std::function<bool(const QOp&)>& chosen);

}  // namespace octet::quant

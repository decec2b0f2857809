// Why an int8 network is worse than the float one, and what to change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/diagnosis/layer_errors.h"

namespace octet::quant {

/// What is known of a run; accuracies are parts of 1, on the same samples.
struct QuantizedRun {
  double float_accuracy = 0;
  double int8_accuracy = 0;
  /// Right after calibration; unset: unknown, or the model was not fine-tuned.
  std::optional<double> calibrated_accuracy = {};
  int calibration_batches = 0;
  double learning_rate = 0;  ///< of fine-tuning; 0: unknown
  int batch = 0;             ///< samples in a batch of fine-tuning; 0: unknown
  bool batch_statistics =
      false;  ///< fine-tuning has epochs of Stage::train_bn, and there is batch norm
};

/// What to change.
enum class Knob : std::uint8_t {
  learning_rate,        ///< smaller
  batch_norm,           ///< larger batches, or fewer epochs of Stage::train_bn
  calibration_batches,  ///< more, and more various
  per_channel,          ///< QConfig::weights
  equalize,             ///< quant/equalize.h
  bound_range,          ///< an activation that ends somewhere, where equalize() cannot act
  float_layers,         ///< QConfig::float_layers
  fine_tune,            ///< QAT, or more of it: no single layer is to blame
};
/// "learning_rate" and so on, as in summaries.
std::string_view knob_name(Knob knob) noexcept;

/// What to change, and why.
struct Advice {
  Knob knob;
  std::string layer;  ///< to blame; empty: none
  std::string text;   ///< one line, with the figures that it rests on
};

/// A loss of more than this part of 1 is worth a diagnosis.
inline constexpr double worth_diagnosing = 0.01;

/// The most telling first; empty if int8 has lost no more than worth_diagnosing. It rests on what
/// was measured: `layers` and `in_floats` of the model that has int8_accuracy.
std::vector<Advice> diagnose_int8(const QuantizedRun& run, const std::vector<LayerError>& layers,
                                  const AccuracyInFloats& in_floats);

}  // namespace octet::quant

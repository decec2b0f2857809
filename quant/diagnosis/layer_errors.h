// What quantization does to each layer of a calibrated model.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant/qat_model.h"

namespace octet::quant {

/// Ratios of signal to noise are given between these, in dB.
inline constexpr double most_sqnr = 99;

/// A layer's result in codes against the reals that the same weights give in floats, on the same
/// inputs: errors of all layers in front are in it.
struct LayerError {
  std::string layer;  ///< as in error messages and in the file
  /// The float network's ops that the layer is made of: what QConfig::float_layers takes. None of
  /// an input and of what has no counterpart there.
  std::vector<std::string> ops = {};
  double min = 0, max = 0;  ///< of the reals
  float scale = 0;          ///< real = scale (code - zero_point)
  int zero_point = 0;
  /// Of all values: 10 log10(sum of squared reals / sum of squared errors), in dB.
  double sqnr = 0;
  /// The same of each channel (the last dimension), the median over those that are not 0: one
  /// channel of large values does not hide the others.
  double channel_sqnr = 0;
  /// How far channel_sqnr lies below the worst operand's, or 40 dB where that has more: what this
  /// layer adds.
  double drop = 0;
  double saturated = 0;  ///< share of the reals beyond the lowest and the highest code
  int codes = 0;         ///< different ones seen, of 256
  /// Magnitude of the largest channel over that of the median one (that are not 0), and which
  /// channel it is.
  double channel_spread = 1;
  int largest_channel = 0;
  /// The same of the weights' output channels where they have one scale for all; else 0.
  double weight_spread = 0;
  /// Layers that read the result, also through pools and reshapes.
  std::vector<std::string> readers = {};
  /// By measure_in_floats().
  std::optional<double> accuracy_in_floats = {}, accuracy_with_readers = {};
};

/// Every layer with params of its own, in evaluation order, inputs too. `graph`: what `model` was
/// prepared from, for names. `batches` returns a tensor for each input, then none; at most `most`
/// batches are taken. The cost is that of two forward passes with all values kept. Throws Error in
/// Stage::calibrate and where there is no batch.
std::vector<LayerError> measure_layer_errors(QatModel& model, const GraphModule& graph,
                                             const std::function<std::vector<Tensor>()>& batches,
                                             Context& ctx, int most = 4);

/// What measure_in_floats() found, all by the same function.
struct AccuracyInFloats {
  double int8 = 0;           ///< of the model as it is
  double all_in_floats = 0;  ///< of its present weights in floats
  int evaluations = 0;
  double seconds = 0;  ///< of all evaluations
};

/// The accuracy where one layer is computed in floats (quant/diagnosis/compute_in_floats.h), for
/// the `most` layers of the largest drop; and with its readers too, where that alone gives back
/// less than half. `accuracy` judges a network, larger is better; its cost times at most
/// 2 most + 2 is the cost of this, so give it a part of the data.
AccuracyInFloats measure_in_floats(QatModel& model, std::vector<LayerError>& layers,
                                   const std::function<double(Module&)>& accuracy, int most = 5);

/// A table for people: rows of the layers, in order.
std::string layer_error_table(const std::vector<LayerError>& layers);
/// The same as a JSON array of objects, with all figures; text.
std::string layer_error_json(const std::vector<LayerError>& layers);

}  // namespace octet::quant

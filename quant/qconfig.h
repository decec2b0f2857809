// How a network is quantized: what the user chooses before prepare_qat or prepare_ptq.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/simd/isa.h"
#include "int8/graph/graph.h"
#include "int8/reference/fixed_point.h"
#include "layers/graph/stored_quantization.h"
#include "quant/observers/observer.h"
#include "quant/weights/quant_spec.h"

namespace octet::quant {

/// The stages of native QAT, in order (docs/numerics.md, line 2).
///  - calibrate: float forward, observers fed. The only stage without integers.
///  - train_bn: integers; batch norm uses and updates batch statistics.
///  - frozen_bn: batch norm uses its running statistics, which no longer change.
///  - frozen_observers: activation ranges no longer change either.
enum class Stage : std::uint8_t { calibrate, train_bn, frozen_bn, frozen_observers };
/// Its name in checkpoints and metrics.
std::string_view stage_name(Stage stage) noexcept;
/// Throws Error naming the known stages.
Stage parse_stage(std::string_view name);

/// real = scale * (code - zero_point)
using int8::QuantParams;

/// What becomes of QConfig::stored.
enum class StoredUse : std::uint8_t {
  start,  ///< observers begin with its ranges, as if they had seen many batches
  keep,   ///< scales and zero points stay as they are, value by value and weight by weight
};

/// Everything that is chosen before prepare_qat() or prepare_ptq().
struct QConfig {
  /// Rounding of every requantization; recorded in the file.
  int8::Rounding rounding = int8::Rounding::single_rounding;
  /// Ranges of activations. The network's outputs always use min_max (line 21).
  ObserverKind observer = ObserverKind::moving_average;
  /// Weight of a new batch once the moving average has seen 1 / averaging batches.
  double averaging = 0.01;
  /// Weights of convolutions and linear layers: see make_weight_quantizer(). With one scale per
  /// tensor there is no Stage::train_bn; QAT estimates batch norm's statistics anew while it
  /// calibrates, and then they stand still.
  QuantSpec weights = QuantSpec::per_channel();
  /// Activations, inputs and constant operands: 8 bits and one scale. Symmetric, all zero points
  /// are 0, but where the format fixes params (softmax and logistic).
  QuantSpec activations = QuantSpec::activation();
  /// Quantization of the network's input; usually input_params() of the normalization. Unset: the
  /// input is observed like any other value.
  std::optional<QuantParams> input;
  /// The same of a network with several inputs, by their names ("input_0", "input_1", ... where
  /// trace() got none).
  std::map<std::string, QuantParams> inputs;
  /// How the graph that is prepared was quantized where it comes from. What is not listed is
  /// observed. `input`, `inputs` and params that the format fixes win.
  StoredQuantization stored;
  StoredUse stored_use = StoredUse::start;
  /// Layers that stay in floats, by names of the graph's ops; * stands for any text ("decode.*"),
  /// and each pattern matches one at least. DEQUANTIZE stands in front of them and QUANTIZE behind,
  /// where a layer on codes reads them; as outputs of the network they are float32. Which ops can:
  /// docs/numerics.md.
  std::vector<std::string> float_layers;
  /// What kernels over codes, accumulators and masks may use in place of the context's isa, forward
  /// and backward: one of available_isas(), which all give the same bits. Calibration and the float
  /// convolutions of backward are the context's.
  std::optional<Isa> isa;

  /// Full TFLite: single rounding, which is close to what it computes.
  static QConfig tflite() { return {}; }
  /// LiteRT as it runs by default on x86-64 (by XNNPACK): float rounding, bit-exact there.
  static QConfig litert() {
    QConfig c;
    c.rounding = int8::Rounding::float_rounding;
    return c;
  }
  /// TFLite Micro: double rounding, bit-exact there; CMSIS-NN promises the same.
  static QConfig tflm() {
    QConfig c;
    c.rounding = int8::Rounding::double_rounding;
    return c;
  }
  /// ONNX Runtime requantizes by a float32 multiplication.
  static QConfig onnxruntime() { return litert(); }
  /// OpenVINO: convolutions, linear layers and sums are those of single rounding. Weights of 7
  /// bits: sums of two products with 8 saturate on x86-64 CPUs without VNNI.
  static QConfig openvino() {
    QConfig c;
    c.weights.bits = 7;
    return c;
  }
  /// TensorRT takes no zero points but 0.
  static QConfig tensorrt() {
    QConfig c;
    c.activations.symmetric = true;
    return c;
  }
  /// MNN: weights of 7 bits; with 8 it computes wrong codes on x86-64 CPUs with VNNI.
  static QConfig mnn() {
    QConfig c;
    c.weights.bits = 7;
    return c;
  }
};

}  // namespace octet::quant

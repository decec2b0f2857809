#include "deploy/targets.h"

#include <array>

#include "base/error.h"
#include "base/nearest.h"

namespace octet::deploy {
namespace {

using int8::Rounding;

constexpr Rule floats{"float_values", floats_rule};
constexpr Rule litert_rules[] = {{"xnnpack", xnnpack_rule}, floats};
constexpr Rule tflm_rules[] = {{"micro_operators", micro_operators_rule}, floats};
constexpr Rule c_rules[] = {{"c99", c99_rule}};
constexpr Rule linux_rules[] = {floats};
constexpr Rule onnx{"onnx_forms", onnx_rule};
constexpr Rule float_operators{"float_operators", float_operators_rule},
    clamps{"clamps", clamp_rule}, moves{"moves", moves_rule};
constexpr Rule onnxruntime_rules[] = {onnx, float_operators, clamps, moves, floats};
constexpr Rule openvino_rules[] = {onnx,
                                   float_operators,
                                   clamps,
                                   moves,
                                   {"weight_bits", wide_weights_rule},
                                   {"products", openvino_products_rule},
                                   floats};
constexpr Rule tensorrt_rules[] = {onnx, {"zero_points", zero_points_rule}, floats};
constexpr Rule mnn_rules[] = {
    onnx, {"weight_bits", mnn_weights_rule}, {"mnn_operators", mnn_operators_rule}, floats};

constexpr Io signed_ios[] = {Io::int8, Io::float32};
constexpr Io float_io[] = {Io::float32};

constexpr onnx_export::OnnxExportOptions onnxruntime_form{.unsigned_weights = true};
constexpr onnx_export::OnnxExportOptions openvino_form{.requantize_before_add = true};
constexpr onnx_export::OnnxExportOptions tensorrt_form{.unsigned_activations = false,
                                                       .float_bias = true};
constexpr onnx_export::OnnxExportOptions mnn_form{.form = onnx_export::Form::dequantized};

constexpr std::array table = {
    Target{"tflite", "TFLite on phones and in browsers", Rounding::single_rounding, false, Io::int8,
           FileForm::tflite, litert_rules},
    Target{"litert", "LiteRT by XNNPACK, its default on x86-64, code for code",
           Rounding::float_rounding, false, Io::int8, FileForm::tflite, litert_rules},
    Target{"tflm", "TFLite Micro and CMSIS-NN", Rounding::double_rounding, false, Io::int8,
           FileForm::tflm, tflm_rules},
    Target{"c", "C99 source without a runtime", Rounding::double_rounding, true, Io::int8,
           FileForm::c99, c_rules},
    Target{"linux", "a C program on octet's runtime library", Rounding::single_rounding, true,
           Io::int8, FileForm::program, linux_rules},
    Target{"onnxruntime", "ONNX Runtime on CPUs", Rounding::float_rounding, false, Io::float32,
           FileForm::onnx, onnxruntime_rules, onnxruntime_form},
    Target{"openvino", "OpenVINO on CPUs", Rounding::single_rounding, false, Io::float32,
           FileForm::onnx, openvino_rules, openvino_form, every_io, false, 7},
    Target{"tensorrt", "TensorRT on NVIDIA's GPUs", Rounding::single_rounding, false, Io::float32,
           FileForm::onnx, tensorrt_rules, tensorrt_form, signed_ios, true},
    Target{"mnn", "MNN on phones, by its converter", Rounding::single_rounding, false, Io::float32,
           FileForm::mnn, mnn_rules, mnn_form, float_io, false, 7},
};

}  // namespace

std::span<const Target> targets() noexcept {
  return table;
}

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const Target& t : table) names.emplace_back(t.name);
  return names;
}

std::string targets_text() {
  std::string text;
  for (const Target& t : table) {
    text += text.empty() ? "" : "; ";
    text.append(t.name).append(": ").append(t.description);
  }
  return text;
}

const Target& find_target(std::string_view name) {
  for (const Target& t : table) {
    if (t.name == name) return t;
  }
  const std::vector<std::string> names = target_names();
  std::string known;
  for (const std::string& n : names) known += (known.empty() ? "" : ", ") + n;
  fail("unknown target '", name, "'; did you mean '", nearest(name, names), "'? Known: ", known);
}

std::vector<Finding> check_target(const Target& target, const int8::Graph& graph) {
  std::vector<Finding> findings;
  for (const Rule& rule : target.rules) {
    const std::size_t known = findings.size();
    rule.check(graph, findings);
    for (std::size_t i = known; i < findings.size(); ++i) findings[i].rule = rule.name;
  }
  return findings;
}

}  // namespace octet::deploy

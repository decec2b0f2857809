// The one table of what models are deployed to. Configurations (quant.target) and `octet export`
// take these names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/io.h"
#include "deploy/rules/rules.h"
#include "int8/graph/rounding.h"
#include "interop/onnx_export/write_onnx.h"

namespace octet::deploy {

/// What is written for a target.
enum class FileForm : std::uint8_t {
  tflite,   ///< a TFLite file
  tflm,     ///< the TFLite file as a C++ array, and the operators that its interpreter needs
  c99,      ///< C source that needs nothing but the C library
  program,  ///< a C program on octet's runtime library
  onnx,     ///< an ONNX file with QuantizeLinear and DequantizeLinear
  mnn,      ///< an ONNX file of floats, and the scales that MNN's converter quantizes it by
};

constexpr bool is_onnx(FileForm form) noexcept {
  return form == FileForm::onnx || form == FileForm::mnn;
}

inline constexpr Io every_io[] = {Io::int8, Io::uint8, Io::float32};

struct Target {
  std::string_view name;
  std::string_view description;  ///< a noun phrase, for lists of targets
  int8::Rounding rounding;       ///< what the target computes
  bool any_rounding;             ///< it computes in another rounding too, if the model is of that
  Io io;                         ///< of inputs and outputs, unless the user says otherwise
  FileForm form;
  std::span<const Rule> rules;               ///< what is checked of a graph before it is written
  onnx_export::OnnxExportOptions onnx = {};  ///< of FileForm::onnx and mnn
  std::span<const Io> ios = every_io;        ///< what it can take as inputs and outputs
  /// What quantization for it is like (quant::QConfig): zero points are 0, bits of weights.
  bool symmetric_activations = false;
  int weight_bits = 8;
};

/// In the order in which they are shown.
std::span<const Target> targets() noexcept;

std::vector<std::string> target_names();

/// "tflite: <description>; tflm: ...", for help texts.
std::string targets_text();

/// Throws Error naming the known targets and the one that is nearest to `name`.
const Target& find_target(std::string_view name);

/// What the target refuses of the graph and what is to be known of it there.
std::vector<Finding> check_target(const Target& target, const int8::Graph& graph);

}  // namespace octet::deploy

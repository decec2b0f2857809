// Integer and float graphs as ONNX files. docs/onnx.md, "ONNX out".
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "int8/graph/graph.h"

namespace octet::onnx_export {

/// What becomes of scales and zero points.
enum class Form : std::uint8_t {
  qdq,          ///< QuantizeLinear and DequantizeLinear around each operator
  dequantized,  ///< floats: each constant is scale x code, activations are not quantized
};

/// What the file's consumer wants.
struct OnnxExportOptions {
  Form form = Form::qdq;
  /// Activations are uint8: 128 more than the graph's codes. Else int8.
  bool unsigned_activations = true;
  /// Weights with codes beyond +-64 are uint8 too, with zero points of 128: on x86 CPUs without
  /// VNNI ONNX Runtime adds two products of uint8 and int8 in 16 bits, which saturates from there
  /// on (2 * 255 * 64 does not), and those of uint8 and uint8 exactly. Else int8.
  bool unsigned_weights = false;
  bool float_bias = false;  ///< else int32 with DequantizeLinear at s_x * s_w
  /// Q and DQ stand twice between a convolution and a residual ADD: OpenVINO fuses the addition
  /// into the convolution and keeps its quantizer only so.
  bool requantize_before_add = false;
  /// FLOAT16 in place of FLOAT32, of graphs without codes or in Form::dequantized. Inputs and
  /// outputs stay FLOAT32. Throws Error for a finite number beyond what FLOAT16 holds, 65504.
  bool half = false;
  std::string_view producer_version = {};  ///< of the program that writes
};

/// The bytes of the file; the same graph and options give the same bytes. Rank 4 is written as
/// NCHW, all else as it is; dimension 0 of inputs and outputs is "N". Inputs and outputs have the
/// graph's names and types (Form::dequantized: reals in place of codes). Throws Error as
/// int8::Model does, and naming it, for a node that has no ONNX form, for states, for a bias code
/// of -2^31 and for more than a protobuf message holds (2 GiB).
std::vector<std::byte> serialize_onnx(const int8::Graph& graph,
                                      const OnnxExportOptions& options = {});

/// What has no ONNX form: nodes, each, and that there are states.
std::vector<std::string> without_onnx_form(const int8::Graph& graph);

/// Writes the file whole or not at all.
void write_onnx(const int8::Graph& graph, const std::filesystem::path& path,
                const OnnxExportOptions& options = {});

/// What is written for an operator.
struct WrittenOperator {
  std::string_view tflite, onnx;
};
/// All of them.
std::vector<WrittenOperator> written_operators();

}  // namespace octet::onnx_export

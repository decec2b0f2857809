// Writes the integer graph as a TFLite file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "int8/engine/model.h"
#include "interop/tflite/model_metadata.h"

namespace octet {

/// What a TFLite file holds beside the graph.
struct TfliteOptions {
  /// Constants of floats are written as FLOAT16, rounded to nearest, each in front of a DEQUANTIZE:
  /// a float16 model. Those of one element (epsilons, factors) stay FLOAT32. Throws Error for a
  /// finite number beyond what FLOAT16 holds, 65504.
  bool half_constants = false;
  /// TFLite's standard metadata; its label files are a zip archive behind the model.
  ModelMetadata metadata = {};
};

/// The bytes of the file; the same graph gives the same bytes, wherever its constants are. Throws
/// Error if the graph holds something the format cannot say or that the reader would refuse.
/// A bias gets the scale input scale * weight scale. Graph::metadata takes names that
/// begin with "octet."; the rounding mode is recorded as "octet.rounding".
/// The graph is written as it is: that full TFLite wants a bias in every CONV_2D, and knows an
/// activation fused into TRANSPOSE_CONV only since 2.13, is for whoever makes the graph.
std::vector<std::byte> serialize_tflite(const int8::Graph& graph,
                                        const TfliteOptions& options = {});

/// Writes to a temporary file beside `path`, syncs and renames.
void write_tflite(const int8::Graph& graph, const std::filesystem::path& path,
                  const TfliteOptions& options = {});
/// The model's graph.
void write_tflite(const int8::Model& model, const std::filesystem::path& path);

}  // namespace octet

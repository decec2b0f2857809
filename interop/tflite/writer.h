// Writes the integer graph as a TFLite file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "int8/engine/model.h"
#include "interop/tflite/model_metadata.h"

namespace octet {

/// The bytes of the file; the same graph gives the same bytes, wherever its constants are. Throws
/// Error if the graph holds something the format cannot say or that the reader would refuse.
/// A bias gets the scale input scale * weight scale. Graph::metadata takes names that
/// begin with "octet."; the rounding mode is recorded as "octet.rounding".
/// The graph is written as it is: that full TFLite wants a bias in every CONV_2D, and knows an
/// activation fused into TRANSPOSE_CONV only since 2.13, is for whoever makes the graph.
/// With `metadata` the file has TFLite's standard metadata, and label files as a zip archive behind
/// the model.
std::vector<std::byte> serialize_tflite(const int8::Graph& graph,
                                        const ModelMetadata& metadata = {});

/// Writes to a temporary file beside `path`, syncs and renames.
void write_tflite(const int8::Graph& graph, const std::filesystem::path& path,
                  const ModelMetadata& metadata = {});
/// The model's graph.
void write_tflite(const int8::Model& model, const std::filesystem::path& path);

}  // namespace octet

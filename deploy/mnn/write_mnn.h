// What MNN's converter makes an int8 model of.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "int8/graph/graph.h"
#include "interop/onnx_export/write_onnx.h"

namespace octet::deploy {

struct MnnFiles {
  std::vector<std::byte> onnx;  ///< the network in floats, with the values of its codes
  /// The scales that the converter quantizes it by (`--compressionParamsFile`).
  std::vector<std::byte> compression;
};

/// Of a graph with int8 or float32 at its edges; the files have float32. Throws Error as
/// serialize_onnx() and mnn::serialize_compression() do.
MnnFiles make_mnn_files(const int8::Graph& graph, const onnx_export::OnnxExportOptions& options);

/// Writes a folder that appears whole or not at all: model.onnx and compression.bin. Throws Error,
/// also if `folder` exists and is not empty.
void write_mnn(const MnnFiles& files, const std::filesystem::path& folder);

}  // namespace octet::deploy

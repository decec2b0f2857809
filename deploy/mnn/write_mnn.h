// What MNN's converter makes an int8 model of.
#pragma once

#include <filesystem>

#include "int8/graph/graph.h"
#include "interop/onnx_export/write_onnx.h"

namespace octet::deploy {

/// Writes a folder that appears whole or not at all: model.onnx, the network in floats with the
/// values of its codes, and compression.bin, the scales that the converter quantizes it by
/// (`--compressionParamsFile`). Throws Error as write_onnx() does, or if `folder` exists and is not
/// empty.
void write_mnn(const int8::Graph& graph, const onnx_export::OnnxExportOptions& options,
               const std::filesystem::path& folder);

}  // namespace octet::deploy

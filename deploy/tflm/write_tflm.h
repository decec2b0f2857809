// A model for TFLite Micro, as source.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "int8/graph/graph.h"
#include "interop/tflite/model_metadata.h"

namespace octet::deploy {

/// The folder's files but model_data.cc by their names: model_data.h and model_ops.h. `file`: of
/// the model. Throws Error naming an operator that TFLite Micro does not have.
std::map<std::string, std::string> tflm_headers(std::span<const std::byte> file);
/// The text of model_data.cc, five times as long as the file.
std::string tflm_array(std::span<const std::byte> file);

/// Writes a folder that appears whole or not at all: model_data.h and model_data.cc, the TFLite
/// file as an array aligned to 16 bytes, where the interpreter uses constants in place; and
/// model_ops.h, the operators that MicroMutableOpResolver needs. Throws Error naming an operator
/// that TFLite Micro does not have, or if `folder` exists and is not empty.
void write_tflm(const int8::Graph& graph, const ModelMetadata& metadata,
                const std::filesystem::path& folder);

}  // namespace octet::deploy

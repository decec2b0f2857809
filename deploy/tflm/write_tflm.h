// A model for TFLite Micro, as source.
#pragma once

#include <filesystem>

#include "int8/graph/graph.h"
#include "interop/tflite/model_metadata.h"

namespace octet::deploy {

/// Writes a folder that appears whole or not at all: model_data.h and model_data.cc, the TFLite
/// file as an array aligned to 16 bytes, where the interpreter uses constants in place; and
/// model_ops.h, the operators that MicroMutableOpResolver needs. Throws Error naming an operator
/// that TFLite Micro does not have, or if `folder` exists and is not empty.
void write_tflm(const int8::Graph& graph, const ModelMetadata& metadata,
                const std::filesystem::path& folder);

}  // namespace octet::deploy

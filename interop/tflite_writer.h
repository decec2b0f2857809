// Writes the integer graph as a TFLite file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "quant/int8/graph.h"

namespace octet {

/// The bytes of the file; the same graph gives the same bytes. Throws Error if the graph holds
/// something the format cannot say.
std::vector<std::byte> serialize_tflite(const int8::Graph& graph);

/// Writes to a temporary file beside `path`, syncs and renames.
void write_tflite(const int8::Graph& graph, const std::filesystem::path& path);

}  // namespace octet

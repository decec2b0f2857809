// A network that another program's file holds: the architecture, the weights, the quantization.
#pragma once

#include <filesystem>
#include <memory>

#include "layers/graph/graph_module.h"
#include "layers/graph/stored_quantization.h"

namespace octet::setup {

struct ImportedNetwork {
  std::shared_ptr<GraphModule> graph;
  StoredQuantization stored;  ///< of a file that is quantized already
};

/// Reads `file`; what it is follows from its name's ending (.onnx, .tflite). Extents that it leaves
/// open are those of `picture` [1, H, W, C]. Throws Error naming the file as the reader of its kind
/// does, and for other endings.
ImportedNetwork import_network(const std::filesystem::path& file, const Shape& picture);

/// The trainer's network is fed one picture a sample: throws Error naming the file unless `graph`
/// has one input, of the shape `picture`.
void check_takes(const GraphModule& graph, const Shape& picture, const std::string& file);

}  // namespace octet::setup

// A network's weights, for other programs and for networks that start from them.
#pragma once

#include <filesystem>

#include "layers/graph/graph_module.h"

namespace octet {

/// Writes parameters and running statistics of `network` under their names as safetensors, axes as
/// PyTorch has them (OIHW, OI; behind a flattened image as CHW), or Keras where a name is of its
/// kind ("conv/kernel"): what transfer_weights() reads back to the same bits. The file appears
/// whole or not at all. Throws Error naming the path if it cannot be written.
void save_weights(const std::filesystem::path& path, const GraphModule& network);

}  // namespace octet

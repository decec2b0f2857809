// Files of the float network, beside those of every run.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>

#include "apps/common/config/config.h"
#include "int8/graph/graph.h"
#include "layers/graph/graph_module.h"

namespace octet::trainer {

struct FloatFile {
  const char* key;  ///< in `outputs` of the configuration and in summary.json
  const char* name;
  bool config::OutputsConfig::*asked;
};
std::span<const FloatFile> float_files() noexcept;

/// Writes the network, whole or not at all; a TFLite file by `write_half`, given its graph. Throws
/// Error naming layers that have no form there, and for numbers that are more than float16 holds.
void write_float_file(const FloatFile& file, const GraphModule& network,
                      const std::filesystem::path& path,
                      const std::function<void(const int8::Graph&)>& write_half);
/// The network that the file holds.
std::shared_ptr<GraphModule> read_float_file(const std::filesystem::path& path);

}  // namespace octet::trainer

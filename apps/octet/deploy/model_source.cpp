#include <fstream>

#include "apps/octet/deploy/deploy_sources.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "interop/tflite/reader.h"

namespace octet::app {
namespace {

std::vector<std::string> read_labels(const std::string& path) {
  std::ifstream in(path);
  OCTET_CHECK(in, path, ": cannot be read");
  std::vector<std::string> labels;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    labels.push_back(line);
  }
  OCTET_CHECK(!labels.empty(), path, ": expected a class name in each line, got an empty file");
  return labels;
}

}  // namespace

deploy::DeploymentSource model_source(const DeployOptions& options) {
  deploy::DeploymentSource source;
  const std::filesystem::path path(options.source);
  source.graph = read_tflite(options.source);
  source.name = path.stem().string();
  source.made_from = "`" + path.filename().string() + "`";
  if (!options.labels.empty()) source.labels = read_labels(options.labels);
  OCTET_CHECK(options.mean.empty() == options.std.empty(),
              "--mean and --std: expected both or neither");
  if (!options.mean.empty()) source.normalization = {options.mean, options.std};
  OCTET_CHECK(options.pixels.empty() || options.samples.empty(),
              "--pixels and --samples: expected one of them");
  if (!options.pixels.empty()) {
    OCTET_CHECK(source.normalization, "--pixels: expected --mean and --std with it");
    const MappedFile file = map_file(options.pixels);
    const auto* from = reinterpret_cast<const std::uint8_t*>(file.bytes.data());
    source.pixels.assign(from, from + file.bytes.size());
    source.samples_origin = "`" + std::filesystem::path(options.pixels).filename().string() + "`";
  }
  if (!options.samples.empty()) {
    const MappedFile file = map_file(options.samples);
    source.inputs.assign(file.bytes.begin(), file.bytes.end());
    source.samples_origin = "`" + std::filesystem::path(options.samples).filename().string() + "`";
  }
  return source;
}

}  // namespace octet::app
